"""What an answer called and said, kept until its end and judged then: were its calls valid, does it meet the schema
that was asked for (routing-and-catalog.md 11, 21)?

Only answers to requests with tools or a wish for JSON are listened to, whatever their formats, and only so much is
kept. The judgement is for statistics; nothing that the client gets depends on it.
"""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.protocols.events import FinishReason, GenerationEvent, PartStarted, TextDelta, ToolCallDelta
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.requests import FunctionTool, JsonObject, JsonSchema
from trunkline.protocols.schema_fit import fits

CHARS_MAX: Final = 256 * 1024
"""Of text and arguments together; a longer answer is not judged."""
CALLS_MAX: Final = 1_024
JUDGED: Final = frozenset({"tools", "response_format", "structured_outputs"})
"""A request that uses none of these parameters has an answer that cannot be invalid."""


class Expected(Struct, frozen=True):
    """What a request allows its answer to be."""

    tools: tuple[FunctionTool, ...] | None = None
    """None: there are tools whose calls nobody here can judge."""
    output: JsonObject | JsonSchema | None = None


class Verdict(Struct, frozen=True):
    """None: not asked for, or not known."""

    tool_calls_valid: bool | None = None
    structured_valid: bool | None = None


UNJUDGED: Final = Verdict()


class Heard:
    """One answer, as it comes."""

    __slots__ = ("_arguments", "_expected", "_left_chars", "_names", "_refused", "_texts")

    def __init__(self, expected: Callable[[], Expected]) -> None:
        """`expected` is asked at the end, if there is something to judge."""
        self._expected = expected
        self._left_chars = CHARS_MAX
        self._names: dict[tuple[int, int], str] = {}
        """(choice, part) of each call → its tool."""
        self._arguments: dict[tuple[int, int], list[str]] = {}
        self._texts: dict[tuple[int, int], list[str]] = {}
        self._refused = False

    def call(self, choice: int, part: int, name: str | None, arguments: str) -> None:
        """A call begins (it has a name) or its arguments grow."""
        key = choice, part
        if name is not None and len(self._names) < CALLS_MAX:
            self._names[key] = name
        self._keep(self._arguments, key, arguments)

    def say(self, choice: int, text: str, part: int = 0) -> None:
        """More text of a choice."""
        self._keep(self._texts, (choice, part), text)

    def refuse(self) -> None:
        """The model declines: that is no structured answer, and no bad one."""
        self._refused = True

    def take(self, events: Iterable[GenerationEvent]) -> None:
        """The same from the hub's events."""
        for event in events:
            if isinstance(event, TextDelta):
                self.say(event.choice, event.text, event.index)
            elif isinstance(event, ToolCallDelta):
                self.call(event.choice, event.index, None, event.arguments)
            elif isinstance(event, PartStarted):
                if event.kind == "tool_call":
                    self.call(event.choice, event.index, event.name, "")
                elif event.kind == "refusal":
                    self.refuse()

    def verdict(self, finish_reason: FinishReason | None) -> Verdict:
        """Calls are judged where the answer ended with them, its text where it came to a proper end: what a limit or
        a filter cut off is nobody's mistake."""
        if self._left_chars < 0 or len(self._names) >= CALLS_MAX:
            return UNJUDGED
        if finish_reason == "tool_calls" and self._names:
            tools = self._expected().tools
            return UNJUDGED if tools is None else Verdict(tool_calls_valid=self._calls_are_valid(tools))
        if finish_reason == "stop" and self._texts and not self._refused:
            output = self._expected().output
            return UNJUDGED if output is None else Verdict(structured_valid=self._meets(output))
        return UNJUDGED

    def _keep(self, kept: dict[tuple[int, int], list[str]], key: tuple[int, int], more: str) -> None:
        self._left_chars -= len(more)
        if self._left_chars < 0:
            self._arguments.clear()
            self._texts.clear()
        elif more:
            kept.setdefault(key, []).append(more)

    def _calls_are_valid(self, tools: tuple[FunctionTool, ...]) -> bool:
        offered = {tool.name: tool for tool in tools}
        for key, name in self._names.items():
            arguments = _value("".join(self._arguments.get(key, ())) or "{}")
            tool = offered.get(name)
            if tool is None or not isinstance(arguments, dict) or not fits(arguments, _schema(tool.parameters)):
                return False
        return True

    def _meets(self, output: JsonObject | JsonSchema) -> bool:
        """Every choice does, whatever number of parts it has."""
        choices: dict[int, str] = {}
        for (choice, _), pieces in self._texts.items():
            choices[choice] = choices.get(choice, "") + "".join(pieces)
        if isinstance(output, JsonObject):
            return all(isinstance(_value(text), dict) for text in choices.values())
        schema = _schema(output.schema)
        values = [_value(text) for text in choices.values()]
        return all(value is not _NO_JSON and fits(value, schema) for value in values)


_NO_JSON: Final[JsonValue] = "\0no JSON"


def _value(text: str) -> JsonValue:
    """The value of a JSON text, `_NO_JSON` (by identity) for any other."""
    try:
        return json.value(text.encode("utf-8", "replace"))
    except UNREADABLE:
        return _NO_JSON


def _schema(raw: Raw) -> JsonValue:
    """A schema that is absent or unreadable is met by everything."""
    try:
        return json.value(raw) if len(raw) else True
    except UNREADABLE:
        return True
