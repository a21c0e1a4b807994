"""Items of an answer that come whole: images, and those of the upstream's own tools (inference.md 17.2, 17.3)."""

from msgspec import Raw

from trunkline.protocols.lenient_json import object_of, quoted, text_of
from trunkline.protocols.responses.inbound.event_writer import EventWriter
from trunkline.protocols.responses.inbound.item_writer import ItemPlace, ItemStatus, ItemWriter, minted_id


class ImageWriter(ItemWriter):
    """`image_generation_call` with the whole image."""

    __slots__ = ("_place", "_result", "whole")

    def __init__(self, writer: EventWriter, output_index: int, image: Raw) -> None:
        """`image` is chat's image object."""
        self._place = ItemPlace(writer, output_index, minted_id("ig"))
        url = text_of(object_of(object_of(image).get("image_url")).get("url"))
        # Base64 alone where it is a data URL; an image that a provider only gives an address of is told by that.
        self._result = quoted(url.partition(",")[2] if url[:5].lower() == "data:" else url)
        self.whole = b""

    def open(self) -> bytes:
        return self._place.added(self._item(b"in_progress", b"null"))

    def end_part(self) -> bytes:
        return b""

    def close(self, status: ItemStatus) -> bytes:
        self.whole = self._item(b"completed", self._result)
        out = self._place.writer.event("response.image_generation_call.completed", self._place.members)
        return out + self._place.done(self.whole)

    def partial(self) -> bytes:
        return self._item(b"completed", self._result)

    def _item(self, status: bytes, result: bytes) -> bytes:
        return b'{"id":%b,"type":"image_generation_call","status":"%b","result":%b}' % (self._place.id, status, result)


class VerbatimWriter(ItemWriter):
    """An item of a Responses upstream that the hub has no word for, as it came."""

    __slots__ = ("_place", "whole")

    def __init__(self, writer: EventWriter, output_index: int, item: Raw) -> None:
        self._place = ItemPlace(writer, output_index, quoted(text_of(object_of(item).get("id"))))
        self.whole = bytes(item)

    def open(self) -> bytes:
        return self._place.added(self.whole)

    def end_part(self) -> bytes:
        return b""

    def close(self, status: ItemStatus) -> bytes:
        return self._place.done(self.whole)

    def partial(self) -> bytes:
        return self.whole
