"""One choice of an upstream's chunk or body, made regular: what the native edit and the decoder both start from.

A `delta` and a whole `message` have the same members; a message is read as one large delta.
"""

from typing import Final

from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.chat.reasoning_details import ReasoningRead, read_reasoning, thinking_text
from trunkline.protocols.chat.tool_calls import CallFragment, CallReader
from trunkline.protocols.events import FinishReason
from trunkline.protocols.lenient_json import NOTHING, NULL, label_of, list_of, object_of, objects_of, text_of

_DELTA_MEMBERS: Final = frozenset(
    {
        "role",
        "content",
        "refusal",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "tool_calls",
        "function_call",
        "annotations",
        "images",
        "audio",
    }
)
_CHOICE_MEMBERS: Final = frozenset(
    {"index", "delta", "message", "text", "finish_reason", "native_finish_reason", "logprobs", "error"}
)


class DeltaRead(Struct):
    """What one delta says. Everything is absent when empty; `extras` are the members the format does not know."""

    choice: int
    text: str = ""
    refusal: str = ""
    reasoning: ReasoningRead | None = None
    calls: list[CallFragment] = []
    annotations: list[Raw] = []
    images: list[Raw] = []
    audio: Raw = NOTHING
    logprobs: Raw = NOTHING
    extras: dict[str, Raw] = {}
    choice_extras: dict[str, Raw] = {}

    def has_content(self) -> bool:
        """Something a client would show or act on: it commits the stream (routing-and-catalog.md 6)."""
        return bool(
            self.text
            or (self.reasoning is not None and self.reasoning.has_content())
            or self.calls
            or self.refusal
            or self.annotations
            or self.images
            or self.audio
        )

    def is_plain_text(self) -> bool:
        """Text of the first choice and nothing else: most deltas by far."""
        return (
            bool(self.text)
            and self.choice == 0
            and not (
                self.logprobs
                or self.reasoning
                or self.calls
                or self.extras
                or self.choice_extras
                or self.annotations
                or self.images
                or self.refusal
                or self.audio
            )
        )

    def is_empty(self) -> bool:
        return not (self.reasoning or self.logprobs or self.extras or self.choice_extras or self.has_content())


class ChoiceReader:
    """The state of one choice while its deltas are read."""

    __slots__ = (
        "_member",
        "calls",
        "error",
        "finish_reason",
        "finish_word",
        "index",
        "native_finish_reason",
        "produced",
    )

    def __init__(self, index: int, *, whole: bool) -> None:
        self.index = index
        self.calls = CallReader()
        self.finish_word: str | None = None
        """The upstream's `finish_reason`."""
        self.native_finish_reason: str | None = None
        """The model's own word where the upstream is a gateway that tells it, else the same."""
        self.finish_reason: FinishReason | None = None
        """Ours, set when the answer has ended."""
        self.error: Raw = NOTHING
        self.produced = False
        """The choice has said something."""
        # Perplexity sends both in every chunk and body; the other one is empty or cumulative.
        self._member = "message" if whole else "delta"

    def read(self, choice: dict[str, Raw]) -> DeltaRead:
        """The delta (or message) of one choice object; finish and error are noted on the way."""
        delta = DeltaRead(self.index)
        self._read_members(object_of(choice.get(self._member)), delta)
        if "text" in choice:
            delta.text += text_of(choice["text"])
        self._read_choice(choice, delta)
        self.produced = self.produced or delta.has_content()
        return delta

    def _read_choice(self, choice: dict[str, Raw], delta: DeltaRead) -> None:
        for name, raw in choice.items():
            if raw == NULL:
                continue
            if name == "finish_reason":
                # Twice or more: the last word counts; OpenRouter's own usage chunk repeats it.
                word = label_of(raw)
                if word is not None:
                    self.finish_word = word
                    self.native_finish_reason = label_of(choice.get("native_finish_reason")) or word
            elif name == "logprobs":
                delta.logprobs = _logprobs(raw)
            elif name == "error":
                self.error = raw
            elif name not in _CHOICE_MEMBERS:
                delta.choice_extras[name] = raw

    def _read_members(self, members: dict[str, Raw], delta: DeltaRead) -> None:
        details: list[Raw] = []
        thought = ""
        for name, raw in members.items():
            if raw == NULL or name == "role":
                continue
            if name == "content":
                delta.text = text_of(raw)
                if not delta.text:
                    thought = self._read_parts(list_of(raw), delta)
            elif name in ("reasoning_content", "reasoning"):
                thought = thought or text_of(raw)
            elif name == "reasoning_details":
                details = objects_of(raw)
            else:
                self._read_other(name, raw, delta)
        if thought or details:
            delta.reasoning = read_reasoning(thought, details)

    def _read_other(self, name: str, raw: Raw, delta: DeltaRead) -> None:
        if name == "tool_calls":
            delta.calls = self.calls.read(objects_of(raw))
        elif name == "function_call":
            delta.calls = delta.calls or self.calls.read_function_call(raw)
        elif name == "refusal":
            delta.refusal = text_of(raw)
        elif name == "annotations":
            delta.annotations = objects_of(raw)
        elif name == "images":
            delta.images = objects_of(raw)
        elif name == "audio":
            delta.audio = _audio(raw)
        elif name not in _DELTA_MEMBERS:
            delta.extras[name] = raw

    @staticmethod
    def _read_parts(parts: list[Raw], delta: DeltaRead) -> str:
        """Content as an array (Mistral): text and images go to their places, thinking is returned."""
        thought = ""
        unknown: list[Raw] = []
        for part in parts:
            members = object_of(part)
            kind = text_of(members.get("type"))
            if kind == "text":
                delta.text += text_of(members.get("text"))
            elif kind == "thinking":
                thought += thinking_text(members.get("thinking", NOTHING))
            elif kind == "image_url":
                delta.images = [*delta.images, part]
            else:
                unknown.append(part)
        if unknown:
            delta.extras["content_parts"] = Raw(b"[" + b",".join(bytes(part) for part in unknown) + b"]")
        return thought


def _logprobs(raw: Raw) -> Raw:
    """The object if it says something: a null, a number or empty lists do not. Clients insist on `content`
    (inference.md 1.5), which DeepSeek leaves out beside the logprobs of its thoughts."""
    members = object_of(raw)
    if not any(list_of(value) for value in members.values()):
        return NOTHING
    return raw if "content" in members else json.raw({"content": NULL} | members)


def _audio(raw: Raw) -> Raw:
    """The object unless all of it is empty, as one provider sends it with every answer."""
    values = object_of(raw).values()
    return raw if any(bytes(value) not in (b'""', b"0", b"null") for value in values) else NOTHING
