"""The form of POST /audio/transcriptions, read from a body that has been received (inference.md 24).

Bounded by then is the whole; here are the number of parts, their headers, and every part that is not the file.
"""

from typing import Final

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from trunkline.api.uploads import FIELD_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, PARTS_MAX, boundary_of
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.transcription.request import (
    FILE_BYTES_MAX,
    TranscriptionRequest,
    request_of_form,
    too_large,
)
from trunkline.protocols.validation import ParseLimits

FORM_BYTES_MAX: Final = FILE_BYTES_MAX + PARTS_MAX * FIELD_BYTES_MAX
_FILE: Final = "file"


def transcription_of_form(body: bytes, content_type: str, limits: ParseLimits) -> TranscriptionRequest:
    """The request. Raises InvalidRequest for what is no such form, PayloadTooLarge above 25 MiB."""
    if len(body) > FORM_BYTES_MAX:
        raise too_large()
    reader = _FormReader()
    try:
        with PushMultipartParser(
            boundary_of(content_type),
            max_header_size=HEADER_BYTES_MAX,
            max_header_count=HEADERS_MAX,
            max_segment_count=PARTS_MAX,
        ) as parser:
            for event in parser.parse(body):
                reader.take(event)
    except MultipartError as error:
        raise InvalidRequest(f"The body is no proper multipart/form-data: {error}.") from None
    return reader.request(limits)


class _FormReader:
    """Puts the parts of one form together."""

    def __init__(self) -> None:
        self._fields: dict[str, list[bytearray]] = {}
        self._file: bytearray | None = None
        self._format = ""
        self._part = bytearray()
        self._in_file = False

    def take(self, event: MultipartSegment | bytearray | bytes | None) -> None:
        """The next event of the parser. Raises InvalidRequest."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is not None:
            self._part += event
            if not self._in_file and len(self._part) > FIELD_BYTES_MAX:
                raise InvalidRequest(f"A field of the form has more than {FIELD_BYTES_MAX} bytes.")

    def request(self, limits: ParseLimits) -> TranscriptionRequest:
        """What the form asks for. Raises InvalidRequest, PayloadTooLarge."""
        if self._file is None:
            raise InvalidRequest("The form has no part `file`. Send the recording under that name.", field=_FILE)
        try:
            fields = {name: [value.decode() for value in values] for name, values in self._fields.items()}
        except UnicodeDecodeError:
            raise InvalidRequest("The form has a field that is not UTF-8.") from None
        return request_of_form(fields, bytes(self._file), self._format, limits)

    def _begin(self, part: MultipartSegment) -> None:
        self._part = bytearray()
        self._in_file = part.name == _FILE
        if not self._in_file:
            self._fields.setdefault(part.name or "", []).append(self._part)
            return
        if self._file is not None:
            raise InvalidRequest("The form has two parts `file`. Send one recording at a time.", field=_FILE)
        self._file = self._part
        name, dot, extension = (part.filename or "").rpartition(".")
        declared = (part.content_type or "").partition(";")[0].partition("/")[2]
        self._format = extension if name and dot else _EXTENSIONS.get(declared, declared)


_EXTENSIONS: Final = {
    "mpeg": "mp3",
    "x-wav": "wav",
    "wave": "wav",
    "vnd.wave": "wav",
    "mp4": "m4a",
    "x-m4a": "m4a",
    "x-flac": "flac",
}
"""Of declared types, where they differ from the type's own name."""
