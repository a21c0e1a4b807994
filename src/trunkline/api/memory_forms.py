"""`multipart/form-data` that is worked on in memory: read part by part as it arrives, so that nothing is held but the
parts (inference.md 22, 24; operating.md OP-50)."""

from typing import Final

from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from trunkline.api.uploads import FIELD_BYTES_MAX, FORM_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MAX, PARTS_MAX, boundary_of
from trunkline.core.errors import InvalidRequest, PayloadTooLarge

MIB: Final = 1024**2


class FormRules(Struct, frozen=True, kw_only=True):
    """What the form of one operation may hold."""

    files: frozenset[str]
    """Names of parts that are files."""
    files_max: int
    file_bytes_max: int
    """Of all files together."""
    advice: str
    """To one who sent more."""
    parts_max: int = PARTS_MAX

    @property
    def bytes_max(self) -> int:
        """Of the whole body."""
        return self.file_bytes_max + FORM_BYTES_MAX

    def too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(
            f"Request payload too large: the files may have at most {self.file_bytes_max // MIB} MiB. {self.advice}",
            field=min(self.files),
        )


class FormFile(Struct, frozen=True):
    """A file of a form. `content_type` as declared, without parameters; empty where there is none."""

    name: str
    filename: str
    content_type: str
    content: bytes


class MemoryForm(Struct, frozen=True):
    """A whole form: texts by name, in their order, and files in theirs."""

    fields: dict[str, list[str]]
    files: list[FormFile]


class _Part:
    __slots__ = ("content", "content_type", "filename", "name")

    def __init__(self, segment: MultipartSegment) -> None:
        self.name = segment.name or ""
        self.filename = segment.filename or ""
        self.content_type = (segment.content_type or "").partition(";")[0].strip().lower()
        self.content = bytearray()


class FormReader:
    """Takes the body in pieces of any size. Raises InvalidRequest for what is no such form, PayloadTooLarge."""

    __slots__ = ("_bytes", "_fields", "_files", "_parser", "_part", "_rules")

    def __init__(self, content_type: str, rules: FormRules) -> None:
        self._rules = rules
        self._parser = PushMultipartParser(
            boundary_of(content_type),
            max_header_size=HEADER_BYTES_MAX,
            max_header_count=HEADERS_MAX,
            max_segment_count=rules.parts_max,
        )
        self._fields: dict[str, list[bytearray]] = {}
        self._files: list[_Part] = []
        self._part: _Part | None = None
        self._bytes = 0

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        if not piece:
            return
        try:
            for event in self._parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    self._begin(_Part(event))
                elif event is not None:
                    self._take(event)
        except MultipartError as error:
            raise _improper(error) from None

    def finish(self) -> MemoryForm:
        """The form, which must be complete."""
        try:
            self._parser.close()
            fields = {name: [value.decode() for value in values] for name, values in self._fields.items()}
        except MultipartError as error:
            raise _improper(error) from None
        except UnicodeDecodeError:
            raise InvalidRequest("The form has a field that is not UTF-8.") from None
        return MemoryForm(
            fields, [FormFile(part.name, part.filename, part.content_type, bytes(part.content)) for part in self._files]
        )

    def _begin(self, part: _Part) -> None:
        self._part = part
        if part.name not in self._rules.files:
            self._fields.setdefault(part.name, []).append(part.content)
            return
        if len(self._files) == self._rules.files_max:
            at_most = f"at most {self._rules.files_max} file(s)"
            raise InvalidRequest(f"The form has more than one part `{part.name}`; send {at_most}.", field=part.name)
        self._files.append(part)

    def _take(self, data: bytes | bytearray) -> None:
        assert self._part is not None, "content comes after the head of its part"
        self._part.content += data
        if self._part.name in self._rules.files:
            self._bytes += len(data)
            if self._bytes > self._rules.file_bytes_max:
                raise self._rules.too_large()
        elif len(self._part.content) > FIELD_BYTES_MAX:
            raise InvalidRequest(f"A field of the form has more than {FIELD_BYTES_MAX} bytes.")


def is_form(content_type: bytes) -> bool:
    """Whether a body says that it is one."""
    return content_type[:10].lower() == b"multipart/"


def _improper(error: MultipartError) -> InvalidRequest:
    return InvalidRequest(f"The body is no proper multipart/form-data: {error}.")
