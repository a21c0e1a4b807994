"""A `reasoning` item of an answer as details (inference.md 7.3, 17.6)."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.events import ReasoningDelta, ReasoningType
from trunkline.protocols.lenient_json import label_of, object_of, objects_of, text_of
from trunkline.protocols.responses.answer_log import AnswerLog, OpenPart
from trunkline.protocols.responses.items import PARTS_MAX, Members, OutputItem
from trunkline.protocols.responses.wire import WireEvent


class ReasoningItem(OutputItem):
    """`reasoning`: summaries, open text, and what is encrypted. All its details share one index (inference.md 7.3)."""

    _KNOWN: Final = frozenset(
        {"id", "type", "status", "summary", "content", "encrypted_content", "format", "signature"}
    )

    def __init__(self, log: AnswerLog, position: int, item: Members, index: int, provider_format: str) -> None:
        super().__init__(log, position)
        self._index = index
        self._own_format = label_of(item.get("format"))
        self._provider_format = provider_format

    def grow(self, event: WireEvent) -> None:
        if not event.delta:
            return
        if event.type == "response.reasoning_summary_text.delta":
            self._think("reasoning.summary", event.summary_index or 0, event.delta)
        elif event.type == "response.reasoning_text.delta":
            self._think("reasoning.text", event.content_index or 0, event.delta)

    def tell_rest(self, item: Members) -> None:
        self._own_format = label_of(item.get("format")) or self._own_format
        self._tell_parts("reasoning.summary", objects_of(item.get("summary")))
        self._tell_parts("reasoning.text", objects_of(item.get("content")))
        signature, encrypted = text_of(item.get("signature")), text_of(item.get("encrypted_content"))
        if signature:
            self._seal("reasoning.text", signature=signature, id=None)
        if encrypted:
            self._seal("reasoning.encrypted", data=encrypted, id=label_of(item.get("id")))
        self.keep_others(item, self._KNOWN)

    def _tell_parts(self, kind: ReasoningType, parts: list[Raw]) -> None:
        told = self.told(kind)
        for number, raw in enumerate(parts):
            text = text_of(object_of(raw).get("text"))
            if number < len(told):
                self._grow_part(told[number], kind, text[told[number].length :])
            else:
                self._think(kind, PARTS_MAX + number, text)

    def _think(self, kind: ReasoningType, position: int, text: str) -> None:
        part = self.parts.get((kind, position))
        if part is None and text and len(self.parts) < PARTS_MAX:
            part = self.parts[kind, position] = self.log.open("reasoning")
        if part is not None:
            self._grow_part(part, kind, text)

    def _grow_part(self, part: OpenPart, kind: ReasoningType, text: str) -> None:
        if text:
            self.log.think(part, self._delta(part, kind, text=text))

    def _seal(
        self, kind: ReasoningType, *, signature: str | None = None, data: str | None = None, id: str | None
    ) -> None:
        """What is not for reading: a part of its own."""
        part = self.parts[kind, -1] = self.log.open("reasoning")
        self.log.think(part, self._delta(part, kind, signature=signature, data=data, id=id))

    def _delta(
        self,
        part: OpenPart,
        kind: ReasoningType,
        *,
        text: str = "",
        signature: str | None = None,
        data: str | None = None,
        id: str | None = None,
    ) -> ReasoningDelta:
        # Open text bears no signature of a provider: whoever takes plain reasoning may have it (inference.md 17.6).
        by_provider = "unknown" if kind == "reasoning.text" else self._provider_format
        return ReasoningDelta(
            index=part.index,
            text=text,
            type=kind,
            signature=signature,
            data=data,
            id=id,
            format=self._own_format or by_provider,
            detail_index=self._index,
        )
