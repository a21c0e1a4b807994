"""The hub's events told as blocks, one after the other (inference.md 18.5).

Parts of the hub may grow in turns, as parallel calls of some upstreams do; blocks of this format never interleave. The
first open part is told as it grows, the others wait until it ends.
"""

from typing import TypeAlias

from msgspec import Raw

from trunkline.protocols.events import (
    Annotated,
    Extra,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartKind,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UpstreamFault,
)
from trunkline.protocols.lenient_json import label_of, object_of
from trunkline.protocols.messages.blocks_out import BlockSink, image_json
from trunkline.protocols.messages.citations import is_page, page_citation
from trunkline.protocols.messages.thinking_teller import ThinkingTeller

WAITING_CHARS_MAX = 32 * 1024 * 1024
"""Of all that waits its turn together."""

PartEvent: TypeAlias = PartStarted | TextDelta | ReasoningDelta | ToolCallDelta | MediaDelta | PartEnded

_PART_EVENTS = (PartStarted, TextDelta, ReasoningDelta, ToolCallDelta, MediaDelta, PartEnded)
_BLOCK_PATH = "content["
_CITATION_PATH = ".citations[]"


class BlockTeller:
    """Drives a sink. `fault`: more waited its turn than is kept, so the answer cannot be told whole."""

    __slots__ = ("_kind", "_live", "_sink", "_text_is_open", "_thinking", "_waiting", "_waiting_chars", "fault")

    def __init__(self, sink: BlockSink, *, hide_thinking: bool) -> None:
        self._sink = sink
        self._live: int | None = None
        """Ordinal of the part that is told."""
        self._kind: PartKind = "text"
        self._text_is_open = False
        """A text stays open after its end until something else comes: its citations may follow it."""
        self._thinking = ThinkingTeller(sink, hide_text=hide_thinking)
        self._waiting: dict[int, list[PartEvent]] = {}
        self._waiting_chars = 0
        self.fault: UpstreamFault | None = None

    def tell(self, event: GenerationEvent) -> None:
        """Pass on one event. Only the first choice is told: this format has no other."""
        if isinstance(event, TextDelta) and event.index == self._live and not event.choice:
            self._sink.text(event.text)
        elif isinstance(event, _PART_EVENTS):
            if not event.choice:
                self._take(event)
        elif isinstance(event, Annotated):
            self._cite(page_citation(event.annotation))
        elif isinstance(event, Extra):
            self._tell_extra(event)

    def finish(self) -> None:
        """Nothing more comes: close what is open."""
        while self._live is not None or self._waiting:
            self._end_part()
            self._tell_waiting()
        self._end_text()

    def _take(self, event: PartEvent) -> None:
        if self._live is None and isinstance(event, PartStarted):
            self._live = event.index
        if event.index == self._live:
            self._tell_part(event)
            self._tell_waiting()
        elif isinstance(event, PartStarted):
            self._waiting[event.index] = [event]
        elif event.index in self._waiting:
            self._waiting_chars += _length(event)
            if self._waiting_chars > WAITING_CHARS_MAX:
                self.fault = UpstreamFault(status=200, message="Too much of the answer grew in turns")
            else:
                self._waiting[event.index].append(event)

    def _tell_part(self, event: PartEvent) -> None:
        match event:
            case PartStarted():
                self._start(event)
            case TextDelta(_, text):
                self._sink.text(text)
            case ToolCallDelta(_, arguments):
                self._sink.argue(arguments)
            case ReasoningDelta():
                self._thinking.tell(event)
            case MediaDelta(_, "image", payload):
                if (image := image_json(payload)) is not None:
                    self._sink.whole(image)
            case MediaDelta():
                pass  # audio, which has no place here and cannot be asked for
            case PartEnded():
                self._end_part()

    def _start(self, event: PartStarted) -> None:
        self._kind = event.kind
        if event.kind in ("text", "refusal"):
            self._end_text()
            self._sink.start_text()
            self._text_is_open = True
            return
        self._end_text()
        if event.kind == "tool_call":
            self._sink.start_call(event.tool_call_id, event.name)

    def _end_part(self) -> None:
        """The live part is over."""
        if self._live is None:
            return
        if self._kind == "tool_call":
            self._sink.close()
        elif self._kind == "reasoning":
            self._thinking.close()
        self._live = None

    def _tell_waiting(self) -> None:
        """While no part is live: the next that waits is told as far as it has come."""
        while self._live is None and self._waiting:
            self._live = next(iter(self._waiting))
            for event in self._waiting.pop(self._live):
                self._waiting_chars -= _length(event)
                self._tell_part(event)

    def _end_text(self) -> None:
        if self._text_is_open:
            self._text_is_open = False
            self._sink.close()

    def _cite(self, citation: Raw | None) -> None:
        """Without an open text there is nothing to hang it on."""
        if citation is not None and self._text_is_open:
            self._sink.cite(citation)

    def _tell_extra(self, event: Extra) -> None:
        """Blocks and citations of this very format that the hub has no word for."""
        if not event.path.startswith(_BLOCK_PATH):
            return
        if event.path.endswith(_CITATION_PATH):
            if not is_page(event.value):
                self._cite(event.value)
        elif event.path.endswith("]") and label_of(object_of(event.value).get("type")) and self._live is None:
            self._end_text()
            self._sink.whole(bytes(event.value))


def _length(event: PartEvent) -> int:
    match event:
        case TextDelta(_, text):
            return len(text)
        case ToolCallDelta(_, arguments):
            return len(arguments)
        case ReasoningDelta():
            return len(event.text) + len(event.data or "") + len(event.signature or "")
        case MediaDelta(_, _, payload):
            return len(payload)
        case _:
            return 0
