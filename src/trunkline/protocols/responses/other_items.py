"""Items of an answer that the provider made on its own: images and searches.

What the provider executes itself is never a tool call to the client (inference.md 8.3); items of all other kinds are
kept as they are (`items.OutputItem`).
"""

from typing import Final

from msgspec import Raw

from trunkline.protocols.answers import Facts
from trunkline.protocols.lenient_json import label_of, object_of, text_of
from trunkline.protocols.responses.answer_log import AnswerLog
from trunkline.protocols.responses.items import Members, OutputItem


class ImageItem(OutputItem):
    """`image_generation_call`: one whole image. Previews of it are not told (inference.md 11.1)."""

    _KNOWN: Final = frozenset({"id", "type", "status", "result", "output_format"})

    def tell_rest(self, item: Members) -> None:
        result = bytes(item.get("result", b""))
        if len(result) > len(b'""') and result.startswith(b'"'):
            image_type = (label_of(item.get("output_format")) or "png").encode()
            url = b'"data:image/' + image_type + b";base64," + result[1:]
            self.log.show_image(Raw(b'{"type":"image_url","image_url":{"url":' + url + b"}}"))
        self.keep_others(item, self._KNOWN)


class SearchItem(OutputItem):
    """`web_search_call`: only searches count, not the opening of pages."""

    def __init__(self, log: AnswerLog, position: int, facts: Facts) -> None:
        super().__init__(log, position)
        self._facts = facts

    def tell_rest(self, item: Members) -> None:
        if text_of(object_of(item.get("action")).get("type")) in ("", "search"):
            self._facts.search_count += 1
        super().tell_rest(item)
