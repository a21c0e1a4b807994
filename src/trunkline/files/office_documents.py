"""Word, Excel and PowerPoint documents, told from other ZIP archives by the names of their members.

Only the archive's list of members is read, and only when it is of a sane size: nothing is ever unpacked.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

_OPENXML: Final = "application/vnd.openxmlformats-officedocument"
_FOLDERS: Final = {
    b"word/": f"{_OPENXML}.wordprocessingml.document",
    b"xl/": f"{_OPENXML}.spreadsheetml.sheet",
    b"ppt/": f"{_OPENXML}.presentationml.presentation",
}
_CONTENT_TYPES: Final = b"[Content_Types].xml"
_MACROS: Final = b"vbaProject.bin"
"""Documents with macros are of types of their own, which are not taken."""

_LIST_BYTES_MAX: Final = 4 * 1024 * 1024
_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_COMMENT_BYTES_MAX: Final = 0xFFFF
_MEMBER: Final = struct.Struct("<4s24x3H12x")
_MEMBER_MARK: Final = b"PK\x01\x02"


def office_type(archive: BinaryIO) -> str | None:
    """The document's media type, None for an archive that is none of the three."""
    names = set(_member_names(_member_list(archive)))
    if _CONTENT_TYPES not in names or any(name.endswith(_MACROS) for name in names):
        return None
    found = {kind for folder, kind in _FOLDERS.items() if any(name.startswith(folder) for name in names)}
    return found.pop() if len(found) == 1 else None


def _member_list(archive: BinaryIO) -> bytes:
    """The central directory as it stands in the file; empty when there is none, or one beyond measure."""
    size = archive.seek(0, 2)
    archive.seek(max(0, size - _END.size - _COMMENT_BYTES_MAX))
    tail = archive.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        return b""
    _, _, _, _, _, length, offset, _ = _END.unpack_from(tail, at)
    if length > _LIST_BYTES_MAX or offset + length > size:
        return b""
    archive.seek(offset)
    return archive.read(length)


def _member_names(listed: bytes) -> Iterator[bytes]:
    at = 0
    while at + _MEMBER.size <= len(listed):
        mark, name_length, extra_length, comment_length = _MEMBER.unpack_from(listed, at)
        if mark != _MEMBER_MARK:
            return
        at += _MEMBER.size
        yield listed[at : at + name_length]
        at += name_length + extra_length + comment_length
