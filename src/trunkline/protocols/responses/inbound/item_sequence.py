"""The items of an answer in their order, with dense indexes: each is closed before the next is opened."""

from msgspec import Raw

from trunkline.protocols.events import ReasoningDelta, TextDelta
from trunkline.protocols.responses.inbound.annotations import flat_annotation
from trunkline.protocols.responses.inbound.call_writer import CallWriter, CustomCallWriter, FunctionCallWriter
from trunkline.protocols.responses.inbound.event_writer import EventWriter
from trunkline.protocols.responses.inbound.item_writer import ItemStatus, ItemWriter
from trunkline.protocols.responses.inbound.message_writer import MessageWriter, PartName
from trunkline.protocols.responses.inbound.other_writers import ImageWriter, VerbatimWriter
from trunkline.protocols.responses.inbound.reasoning_writer import ReasoningWriter
from trunkline.protocols.responses.inbound.tool_names import ToolNames

ANNOTATIONS_MAX = 1024
"""More citations than this before any text are not a model's answer."""


class ItemSequence:
    """Writes items one after the other; the events that a call leads to are what it returns."""

    __slots__ = ("_annotations", "_closed", "_item", "_text_chars", "_tools", "_writer", "has_refusal")

    def __init__(self, writer: EventWriter, tools: ToolNames) -> None:
        self._writer = writer
        self._tools = tools
        self._item: ItemWriter | None = None
        self._closed: list[bytes] = []
        self._annotations: list[Raw] = []
        self._text_chars = 0
        self.has_refusal = False

    def say(self, kind: PartName, delta: TextDelta) -> bytes:
        """More text or refusal."""
        if not delta.text and not delta.logprobs:
            return b""
        out, item = b"", self._item
        if not isinstance(item, MessageWriter):
            item = MessageWriter(self._writer, self._next_index())
            out = self._open(item)
        out += item.say(kind, delta.text, delta.logprobs, self._text_chars)
        if kind == "refusal":
            self.has_refusal = True
        else:
            self._text_chars += len(delta.text)
            if self._annotations:
                out += self._cite()
        return out

    def annotate(self, annotation: Raw) -> bytes:
        """A citation, of the text that is open or else of the next; chat's positions count from the answer's start."""
        if len(self._annotations) < ANNOTATIONS_MAX:
            self._annotations.append(annotation)
        item = self._item
        return self._cite() if isinstance(item, MessageWriter) and item.text_offset is not None else b""

    def think(self, delta: ReasoningDelta) -> bytes:
        """More reasoning."""
        if delta.type == "reasoning.server_tool_call" or not (delta.text or delta.data or delta.signature):
            return b""
        out, item = b"", self._item
        if not isinstance(item, ReasoningWriter) or item.detail_index != delta.detail_index:
            item = ReasoningWriter(self._writer, self._next_index(), delta)
            out = self._open(item)
        return out + item.think(delta)

    def call(self, call_id: str, name: str) -> bytes:
        """A call begins."""
        tool = self._tools.of_hub(name)
        kind = CustomCallWriter if tool.is_custom else FunctionCallWriter
        return self._open(kind(self._writer, self._next_index(), call_id, tool))

    def argue(self, arguments: str) -> bytes:
        """More arguments of the call that is open."""
        return self._item.argue(arguments) if isinstance(self._item, CallWriter) and arguments else b""

    def show_image(self, image: Raw) -> bytes:
        return self._open(ImageWriter(self._writer, self._next_index(), image))

    def pass_item(self, item: Raw) -> bytes:
        """An item of a Responses upstream that nobody here understands."""
        return self._open(VerbatimWriter(self._writer, self._next_index(), item))

    def end_part(self) -> bytes:
        """A part of the open item is complete."""
        return b"" if self._item is None else self._item.end_part()

    def close(self, status: ItemStatus) -> bytes:
        """The open item is complete, if there is one."""
        item, self._item = self._item, None
        if item is None:
            return b""
        out = item.close(status)
        self._closed.append(item.whole)
        return out

    def output(self) -> list[bytes]:
        """The items so far; of one that is open, what may be shown of it."""
        begun = self._item.partial() if self._item is not None else None
        return self._closed if begun is None else [*self._closed, begun]

    def _next_index(self) -> int:
        return len(self._closed) + (self._item is not None)

    def _open(self, item: ItemWriter) -> bytes:
        out = self.close("completed")
        self._item = item
        return out + item.open()

    def _cite(self) -> bytes:
        item = self._item
        if not isinstance(item, MessageWriter) or item.text_offset is None:
            return b""
        waiting, self._annotations = self._annotations, []
        flat = (flat_annotation(annotation, item.text_offset) for annotation in waiting)
        return b"".join(item.annotate(annotation) for annotation in flat if annotation is not None)
