"""`multipart/form-data` with one file in it, written to disk as it arrives (inference.md 26, operating.md OP-50).

Bounded are: the whole, the number of parts, their headers, every part that is not the file, and the time.
"""

import asyncio
from email.message import Message
from typing import Final

from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser
from starlette.requests import ClientDisconnect, Request

from trunkline.api.bodies import require_plain
from trunkline.core.errors import InvalidRequest, PayloadTooLarge
from trunkline.files.incoming import Incoming

PARTS_MAX: Final = 16
HEADERS_MAX: Final = 8
HEADER_BYTES_MAX: Final = 4 * 1024
FIELD_BYTES_MAX: Final = 16 * 1024
BOUNDARY_CHARS_MAX: Final = 70
"""RFC 2046, 5.1.1."""
FORM_BYTES_MAX: Final = PARTS_MAX * (FIELD_BYTES_MAX + HEADERS_MAX * HEADER_BYTES_MAX)
"""What a form may have besides its file."""
BYTES_PER_S_MIN: Final = 65_536
_FILE: Final = "file"


class Form(Struct, frozen=True):
    """What was sent beside the file's content."""

    filename: str
    fields: dict[str, str]


async def receive_form(request: Request, incoming: Incoming, *, file_bytes_max: int, timeout_s: float) -> Form:
    """Write the part `file` into `incoming`, and return the rest.

    Raises PayloadTooLarge, and InvalidRequest for what is no such form or does not arrive in time.
    """
    encoding = request.headers.get("content-encoding")
    require_plain(None if encoding is None else encoding.encode("latin-1"))
    bytes_max = file_bytes_max + FORM_BYTES_MAX
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > bytes_max:
        raise PayloadTooLarge(_too_large(file_bytes_max))
    reader = _FormReader(boundary_of(request.headers.get("content-type", "")), incoming)
    began_s = asyncio.get_running_loop().time()
    received = 0
    try:
        async with asyncio.timeout(timeout_s) as timeout:
            async for chunk in request.stream():
                received += len(chunk)
                if received > bytes_max:
                    raise PayloadTooLarge(_too_large(file_bytes_max))
                await reader.feed(chunk)
                timeout.reschedule(began_s + timeout_s + received / BYTES_PER_S_MIN)
            return reader.form()
    except TimeoutError:
        raise InvalidRequest(
            "The upload did not arrive in time (`server.body_timeout_seconds`). Send it faster.", status=408
        ) from None
    except ClientDisconnect:
        raise InvalidRequest("The connection ended before the upload did.") from None
    except MultipartError as error:
        raise InvalidRequest(f"The body is no proper multipart/form-data: {error}.") from None


class _FormReader:
    """Takes the body in pieces of any size."""

    __slots__ = ("_field", "_fields", "_filename", "_in_file", "_incoming", "_parser")

    def __init__(self, boundary: str, incoming: Incoming) -> None:
        self._parser = PushMultipartParser(
            boundary,
            max_header_size=HEADER_BYTES_MAX,
            max_header_count=HEADERS_MAX,
            max_segment_count=PARTS_MAX,
        )
        self._incoming = incoming
        self._filename: str | None = None
        self._fields: dict[str, bytearray] = {}
        self._in_file = False
        self._field = bytearray()

    async def feed(self, chunk: bytes) -> None:
        """The next piece. Raises MultipartError, InvalidRequest, and what `Incoming.write` does."""
        if not chunk:
            return  # the end of the body: `form` looks whether the form had ended
        for event in self._parser.parse(chunk):
            if isinstance(event, MultipartSegment):
                self._begin(event)
            elif event is not None:
                await self._take(event)

    def form(self) -> Form:
        """The form, which must be complete. Raises MultipartError and InvalidRequest."""
        self._parser.close()
        if self._filename is None:
            raise InvalidRequest("The form has no part `file`. Send the file's content under that name.", field=_FILE)
        try:
            return Form(self._filename, {name: text.decode() for name, text in self._fields.items()})
        except UnicodeDecodeError:
            raise InvalidRequest("The form has a field that is not UTF-8.") from None

    def _begin(self, part: MultipartSegment) -> None:
        self._in_file = part.name == _FILE
        if not self._in_file:
            self._field = self._fields[part.name or ""] = bytearray()
            return
        if self._filename is not None:
            raise InvalidRequest("The form has two parts `file`. Upload one file at a time.", field=_FILE)
        if part.filename is None:
            raise InvalidRequest(
                "The part `file` is a text and no file: it has no `filename` (with curl: -F file=@document.pdf).",
                field=_FILE,
            )
        self._filename = part.filename

    async def _take(self, data: bytes) -> None:
        if self._in_file:
            await self._incoming.write(data)
            return
        self._field += data
        if len(self._field) > FIELD_BYTES_MAX:
            raise InvalidRequest(f"A field of the form has more than {FIELD_BYTES_MAX} bytes.")


def boundary_of(content_type: str) -> str:
    """What parts the form of such a `Content-Type`. Raises InvalidRequest for another type."""
    head = Message()
    head["content-type"] = content_type
    boundary = head.get_boundary("")
    if head.get_content_type() != "multipart/form-data" or not 0 < len(boundary) <= BOUNDARY_CHARS_MAX:
        raise InvalidRequest(
            "An upload is multipart/form-data with a `boundary` of 1 to 70 characters, which HTTP clients make by "
            "themselves (with curl: -F file=@document.pdf)."
        )
    return boundary


def _too_large(file_bytes_max: int) -> str:
    return f"Request payload too large: a file may have at most {file_bytes_max // 1024**2} MiB (`files.limit_mb`)."
