"""A `reasoning` item of an answer as details (inference.md 7.3, 17.6)."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.chat.wire import label_of, object_of, objects_of, text_of
from trunkline.protocols.events import ReasoningDelta, ReasoningType
from trunkline.protocols.responses.answer_log import AnswerLog
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
        for position, summary in enumerate(objects_of(item.get("summary"))):
            self._finish_part("reasoning.summary", position, summary)
        for position, content in enumerate(objects_of(item.get("content"))):
            self._finish_part("reasoning.text", position, content)
        signature, encrypted = text_of(item.get("signature")), text_of(item.get("encrypted_content"))
        if signature:
            self._think("reasoning.text", 0, "", signature=signature)
        if encrypted:
            self._think("reasoning.encrypted", 0, "", data=encrypted, item_id=label_of(item.get("id")))
        self.keep_others(item, self._KNOWN)

    def _finish_part(self, kind: ReasoningType, position: int, raw: Raw) -> None:
        part = self.parts.get((kind, position))
        rest = text_of(object_of(raw).get("text"))[0 if part is None else part.length :]
        if rest:
            self._think(kind, position, rest)

    def _think(
        self,
        kind: ReasoningType,
        position: int,
        text: str,
        *,
        signature: str | None = None,
        data: str | None = None,
        item_id: str | None = None,
    ) -> None:
        part = self.parts.get((kind, position))
        if part is None:
            if len(self.parts) >= PARTS_MAX:
                return
            part = self.parts[kind, position] = self.log.open("reasoning")
        # Open text bears no signature of a provider: whoever takes plain reasoning may have it (inference.md 17.6).
        by_provider = "unknown" if kind == "reasoning.text" else self._provider_format
        self.log.think(
            part,
            ReasoningDelta(
                index=part.index,
                text=text,
                type=kind,
                signature=signature,
                data=data,
                id=item_id,
                format=self._own_format or by_provider,
                detail_index=self._index,
            ),
        )
