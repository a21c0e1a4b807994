"""Bodies of `multipart/form-data` (RFC 7578), for upstreams that take files no other way."""

from collections.abc import Iterable
from secrets import token_hex

from msgspec import Struct


class FilePart(Struct, frozen=True):
    """A file in a form."""

    name: str
    filename: str
    media_type: str
    content: bytes


class Form(Struct, frozen=True):
    """A form that is written out. `content_type` names the boundary."""

    content_type: str
    body: bytes


def new_boundary() -> str:
    """What stands between the parts, and in none of them."""
    return f"trunkline-{token_hex(16)}"


def form(fields: Iterable[tuple[str, str]], files: Iterable[FilePart], boundary: str) -> Form:
    """Fields first, then files, in their order. Names are ours, not a caller's."""
    pieces: list[bytes] = []
    for name, value in fields:
        pieces.append(_part(boundary, f'name="{name}"', "", value.encode()))
    for file in files:
        named = f'name="{file.name}"; filename="{file.filename}"'
        pieces.append(_part(boundary, named, f"Content-Type: {file.media_type}\r\n", file.content))
    pieces.append(f"--{boundary}--\r\n".encode("ascii"))
    return Form(f"multipart/form-data; boundary={boundary}", b"".join(pieces))


def _part(boundary: str, named: str, headers: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n{headers}\r\n"
    return head.encode("ascii") + content + b"\r\n"
