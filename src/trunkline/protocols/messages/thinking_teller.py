"""Reasoning of any provider told as `thinking` and `redacted_thinking` blocks (inference.md 7.6, 18.5)."""

from trunkline.protocols.events import ReasoningDelta
from trunkline.protocols.messages.blocks_out import BlockSink, redacted_json
from trunkline.protocols.messages.sealed import OWN_FORMAT, seal
from trunkline.protocols.reasoning.details import PLAIN_FORMATS

_WITHOUT_ENVELOPE = frozenset({OWN_FORMAT, *PLAIN_FORMATS})
"""Unsigned words that may go to whoever takes plain reasoning need not say whose they are."""
DATA_CHARS_MAX = 32 * 1024 * 1024
"""Of one encrypted detail that comes in pieces; what comes beyond is dropped."""


class ThinkingTeller:
    """One part of reasoning. Words grow as they come; what is encrypted is told whole, once it is complete."""

    __slots__ = ("_data", "_data_chars", "_encrypted", "_format", "_hide_text", "_is_signed", "_open_detail", "_sink")

    def __init__(self, sink: BlockSink, *, hide_text: bool) -> None:
        self._sink = sink
        self._hide_text = hide_text
        self._open_detail: tuple[str, int] | None = None
        """Type and index of the detail whose block is open."""
        self._format: str | None = None
        """Whose it is."""
        self._is_signed = False
        self._encrypted: ReasoningDelta | None = None
        self._data: list[str] = []
        self._data_chars = 0

    def tell(self, delta: ReasoningDelta) -> None:
        """Another fragment. Calls of a server's tools have no place in this format."""
        if delta.type == "reasoning.encrypted":
            self._keep(delta)
        elif delta.type != "reasoning.server_tool_call":
            self._tell_words(delta)

    def close(self) -> None:
        """The part is over."""
        self._close_words()
        self._tell_encrypted()

    def _tell_words(self, delta: ReasoningDelta) -> None:
        self._tell_encrypted()
        detail = delta.type, delta.detail_index
        if self._open_detail is not None and (detail != self._open_detail or (self._is_signed and delta.text)):
            self._close_words()
        if self._open_detail is None:
            self._open_detail, self._is_signed, self._format = detail, False, delta.format
            self._sink.start_thinking()
        if delta.text and not self._hide_text:
            self._sink.think(delta.text)
        if delta.signature:
            self._is_signed = True
            self._sink.sign(seal(delta.signature, delta.format, delta.id, delta.detail_index))

    def _keep(self, delta: ReasoningDelta) -> None:
        self._close_words()
        kept = self._encrypted
        if kept is not None and (delta.detail_index != kept.detail_index or (delta.id and delta.id != kept.id)):
            self._tell_encrypted()
        if self._encrypted is None:
            self._encrypted = delta
        data = delta.data or ""
        self._data_chars += len(data)
        if self._data_chars <= DATA_CHARS_MAX:
            self._data.append(data)

    def _close_words(self) -> None:
        if self._open_detail is None:
            return
        kind, index = self._open_detail
        if not self._is_signed and kind == "reasoning.text" and self._format not in _WITHOUT_ENVELOPE:
            self._sink.sign(seal("", self._format, None, index))
        self._open_detail = None
        self._sink.close()

    def _tell_encrypted(self) -> None:
        kept, data = self._encrypted, "".join(self._data)
        if kept is None:
            return
        self._encrypted = None
        self._data, self._data_chars = [], 0
        if data:
            self._sink.whole(redacted_json(seal(data, kept.format, kept.id, kept.detail_index)))
