"""The items of an answer while they are written: what all kinds have in common (inference.md 17.3, 17.4)."""

from abc import ABC, abstractmethod
from typing import Literal

from trunkline.core import ids
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.responses.inbound.event_writer import EventWriter

ItemStatus = Literal["completed", "incomplete"]


class ItemWriter(ABC):
    """One item, from `response.output_item.added` to `response.output_item.done`."""

    __slots__ = ()

    whole: bytes
    """The item, once it is closed."""

    @abstractmethod
    def open(self) -> bytes:
        """The event that begins it."""

    @abstractmethod
    def end_part(self) -> bytes:
        """A part of it is complete."""

    @abstractmethod
    def close(self, status: ItemStatus) -> bytes:
        """The events that end it."""

    @abstractmethod
    def partial(self) -> bytes | None:
        """The item of an answer that failed while it was open; None for one that would mislead without its end."""


class ItemPlace:
    """Where an item stands, and the events about it as a whole."""

    __slots__ = ("id", "members", "output_index", "writer")

    def __init__(self, writer: EventWriter, output_index: int, id: bytes) -> None:
        self.writer = writer
        self.output_index = output_index
        self.id = id
        """As a JSON string."""
        self.members = b'"output_index":%d,"item_id":%b' % (output_index, id)
        """What events about a part of the item begin with."""

    def added(self, item: bytes) -> bytes:
        return self.writer.event("response.output_item.added", self._whole(item))

    def done(self, item: bytes) -> bytes:
        return self.writer.event("response.output_item.done", self._whole(item))

    def _whole(self, item: bytes) -> bytes:
        return b'"output_index":%d,"item":%b' % (self.output_index, item)


def minted_id(prefix: Literal["msg", "rs", "fc", "ctc", "ig"]) -> bytes:
    """A new item id as a JSON string."""
    return quoted(ids.item_id(prefix))
