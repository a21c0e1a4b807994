"""What a file is, told by its content alone (inference.md 26): a PDF that is called `.png` is a PDF.

Blocking, on a file of any size: memory and work are bounded by what is looked at, never by what was sent. Only whether
a text is UTF-8 is decided by all of it.
"""

import codecs
import re
from typing import BinaryIO, Final

from trunkline.files.office_documents import office_type
from trunkline.files.text_structure import text_type
from trunkline.protocols.media_types import type_of_bytes

HEAD_BYTES: Final = 64 * 1024
_PIECE_BYTES: Final = 1024 * 1024
_ZIP: Final = b"PK\x03\x04"
_TAKEN: Final = frozenset(
    {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "audio/mpeg", "audio/wav", "audio/flac"}
)
_CONTROLS: Final = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
"""Characters that no text has: what is left are white space, bell, backspace and escape, which logs contain."""


def sniff(file: BinaryIO) -> str | None:
    """The media type, None for what is none of the types that are taken."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    known = type_of_bytes(head) or _audio_type(head)
    if known is not None:
        return known if known in _TAKEN or known == "audio/ogg" else None
    if head.startswith(_ZIP):
        return office_type(file)
    return text_type(file) if _is_text(file) else None


def _audio_type(head: bytes) -> str | None:
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    return "audio/mpeg" if head.startswith(b"ID3") or _is_mpeg_frame(head) else None


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether it begins as a frame of MPEG audio, layer III: eleven bits set, then no reserved value anywhere."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in (0, 15) and sample_rate != 3


def _is_text(file: BinaryIO) -> bool:
    """Whether all of it is UTF-8 without control characters."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(_PIECE_BYTES):
            if _CONTROLS.search(piece):
                return False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
