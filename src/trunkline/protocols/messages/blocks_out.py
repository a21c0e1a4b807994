"""Content blocks of an answer as clients read them: what a stream writes piece by piece, and a body at once (18.3)."""

from typing import Protocol

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.lenient_json import NOTHING, object_of, quoted, text_of


class BlockSink(Protocol):
    """Takes blocks one after the other: at most one is open at a time."""

    def start_text(self) -> None: ...

    def text(self, text: str) -> None: ...

    def cite(self, citation: Raw) -> None:
        """A citation of the open text."""
        ...

    def start_thinking(self) -> None: ...

    def think(self, text: str) -> None: ...

    def sign(self, signature: str) -> None:
        """What proves the open thinking to be its provider's."""
        ...

    def start_call(self, id: str, name: str) -> None: ...

    def argue(self, arguments: str) -> None:
        """More of the open call's JSON."""
        ...

    def whole(self, block: bytes) -> None:
        """A block that comes at once."""
        ...

    def close(self) -> None:
        """The open block is complete."""
        ...


def redacted_json(data: str) -> bytes:
    """A `redacted_thinking` block."""
    return b'{"type":"redacted_thinking","data":%s}' % quoted(data)


def image_json(payload: Raw) -> bytes | None:
    """An `image` block from chat's image object; None for one without an address."""
    url = text_of(object_of(object_of(payload).get("image_url", NOTHING)).get("url"))
    if not url:
        return None
    data_url = split_data_url(url)
    if data_url is None:
        return b'{"type":"image","source":{"type":"url","url":%s}}' % quoted(url)
    return b'{"type":"image","source":{"type":"base64","media_type":%s,"data":%s}}' % (
        quoted(data_url.mime),
        quoted(data_url.data),
    )


def input_json(arguments: str) -> bytes:
    """A call's `input`: the model's JSON object as it wrote it; what is none is wrapped in one (inference.md 18.3)."""
    if not arguments.strip():
        return b"{}"
    raw = Raw(arguments.encode("utf-8", "replace"))
    return bytes(raw) if object_of(raw) or is_empty_object(raw) else json.encode({"raw_arguments": arguments})


def is_empty_object(raw: Raw) -> bool:
    """`{}`, with whatever white space."""
    return bytes(raw).split() in ([b"{}"], [b"{", b"}"])
