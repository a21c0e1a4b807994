"""The parts of one candidate as events of the hub (inference.md 7.3, 8.2, 30.9)."""

from typing import Final

from msgspec import Raw

from trunkline.core import ids, json
from trunkline.protocols.answers import Facts
from trunkline.protocols.events import (
    Extra,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.gemini.signatures import FORMAT, image_id
from trunkline.protocols.gemini.wire import call_decoder, inline_data_decoder
from trunkline.protocols.lenient_json import UNREADABLE, compact, is_blank, object_of, text_of
from trunkline.protocols.part_sequence import PartSequence

CALLS_MAX: Final = 1024
_TRUE: Final = Raw(b"true")
_THOUGHT: Final = frozenset({"thought"})
_WORDS: Final = frozenset({"text", "thought", "thoughtSignature"})
_CALL: Final = frozenset({"functionCall", "thought", "thoughtSignature"})
_MEDIA: Final = frozenset({"inlineData", "thought", "thoughtSignature"})
PART_PATH: Final = "candidates[].content.parts[]"


class PartReader:
    """Text and thoughts grow over several chunks; calls and media come whole.

    Every run of thoughts, and every signature, has its own `detail_index`: a client that joins what has the same
    type and index (inference.md 7.4) must not put a signature on another part than the one that it came on.
    """

    __slots__ = ("_call_ids", "_choice", "_details", "_exclude", "_facts", "_images", "_parts", "_texts")

    def __init__(self, choice: int, facts: Facts, *, exclude_reasoning: bool) -> None:
        self._choice = choice
        self._facts = facts
        self._exclude = exclude_reasoning
        self._parts = PartSequence(choice)
        self._details = 0
        self._images = 0
        self._call_ids: set[str] = set()
        self._texts: list[str] = []

    @property
    def has_calls(self) -> bool:
        return bool(self._call_ids)

    @property
    def has_parts(self) -> bool:
        """Something of the answer was told."""
        return len(self._parts) > 0

    def text(self) -> str:
        """The words so far."""
        if len(self._texts) > 1:
            self._texts = ["".join(self._texts)]
        return self._texts[0] if self._texts else ""

    def read(self, part: dict[str, Raw], logprobs: Raw) -> list[GenerationEvent]:
        """The events of one part. `logprobs` are those of the chunk, told with its first text."""
        events: list[GenerationEvent] = []
        told = self._read_known(part, logprobs, events)
        events += [Extra(f"{PART_PATH}.{name}", raw, self._choice) for name, raw in part.items() if name not in told]
        if events and not self._facts.content_seen:
            self._facts.content_seen = any(not isinstance(event, Extra) for event in events)
        return events

    def _read_known(self, part: dict[str, Raw], logprobs: Raw, events: list[GenerationEvent]) -> frozenset[str]:
        """The names of the members that `events` tell. What no client sees keeps its signature."""
        signature = text_of(part.get("thoughtSignature"))
        if "text" in part or part.keys() <= _WORDS:
            self._read_text(part, signature, logprobs, events)
            return _WORDS
        if "functionCall" in part:
            return _CALL if self._read_call(part["functionCall"], signature, events) else _THOUGHT
        if "inlineData" in part and part.get("thought") != _TRUE:
            return _MEDIA if self._read_media(part["inlineData"], signature, events) else _THOUGHT
        return _THOUGHT

    def end(self) -> list[GenerationEvent]:
        """Close what is open."""
        events: list[GenerationEvent] = []
        self._parts.close(events)
        return events

    def silence(self) -> list[GenerationEvent]:
        """An answer that says nothing is an empty text."""
        events: list[GenerationEvent] = []
        self._parts.open("text", events)
        return events

    def _read_text(self, part: dict[str, Raw], signature: str, logprobs: Raw, events: list[GenerationEvent]) -> None:
        text = text_of(part.get("text"))
        self._facts.output_chars += len(text)
        if part.get("thought") == _TRUE:
            if text or signature:
                self._think(text, signature, events)
            return
        if text or logprobs:
            self._texts.append(text)
            index = self._parts.open("text", events)
            events.append(TextDelta(index, text, self._choice, logprobs))
        if signature:
            self._parts.close(events)  # the signature of the text is no thought's, though one may have come just before
            self._think("", signature, events)

    def _think(self, text: str, signature: str, events: list[GenerationEvent]) -> None:
        """A fragment of thought; a signature ends its detail."""
        if self._exclude:
            return
        if self._parts.open_kind != "reasoning":
            self._details += 1
        part = self._parts.open("reasoning", events)
        events.append(self._detail(part, text=text, signature=signature or None))
        if signature:
            self._parts.close(events)

    def _detail(
        self,
        part: int,
        *,
        text: str = "",
        signature: str | None = None,
        data: str | None = None,
        identifier: str | None = None,
    ) -> ReasoningDelta:
        return ReasoningDelta(
            index=part,
            text=text,
            type="reasoning.text" if data is None else "reasoning.encrypted",
            signature=signature,
            data=data,
            id=identifier,
            format=FORMAT,
            detail_index=self._details - 1,
            choice=self._choice,
        )

    def _sign(self, identifier: str, signature: str, events: list[GenerationEvent]) -> None:
        """The signature of a call or an image, before it: a client has it in hand when it acts on the call."""
        if not signature or self._exclude:
            return
        self._parts.close(events)
        self._details += 1
        part = self._parts.open("reasoning", events)
        events.append(self._detail(part, data=signature, identifier=identifier))
        self._parts.close(events)

    def _read_call(self, raw: Raw, signature: str, events: list[GenerationEvent]) -> bool:
        """False when it is no call that can be told."""
        try:
            call = call_decoder.decode(raw)
        except UNREADABLE:
            return False
        if len(self._call_ids) >= CALLS_MAX:
            return False
        identifier = call.id
        if not identifier or identifier in self._call_ids:
            identifier = f"tool_{call.name}_{ids.alphanumerics(20)}"
        self._call_ids.add(identifier)
        arguments = "{}" if is_blank(call.args) else compact(call.args).decode()
        self._facts.tool_call_count += 1
        self._facts.output_chars += len(arguments)
        self._sign(identifier, signature, events)
        self._parts.close(events)
        part = self._parts.number()
        events += (
            PartStarted(part, "tool_call", self._choice, identifier, call.name),
            ToolCallDelta(part, arguments, self._choice),
            PartEnded(part, self._choice),
        )
        events += [
            Extra(f"{PART_PATH}.functionCall.{name}", member, self._choice)
            for name, member in object_of(raw).items()
            if name not in ("name", "args", "id")
        ]
        return True

    def _read_media(self, raw: Raw, signature: str, events: list[GenerationEvent]) -> bool:
        """False for what is neither image nor sound."""
        try:
            media = inline_data_decoder.decode(raw)
        except UNREADABLE:
            return False
        if media.mime_type.startswith("image/"):
            self._sign(image_id(self._images), signature, events)
            self._images += 1
            self._facts.media_count += 1
            url = {"url": f"data:{media.mime_type};base64,{media.data}"}
            part = self._parts.open("image", events, fresh=True)
            events.append(MediaDelta(part, "image", json.raw({"type": "image_url", "image_url": url}), self._choice))
        elif media.mime_type.startswith("audio/"):
            part = self._parts.open("audio", events)
            events.append(MediaDelta(part, "audio", json.raw({"data": media.data}), self._choice))
        else:
            return False
        return True
