"""The smallest picture that every provider takes: 32 × 32 points, all red, as a PNG."""

import base64
import struct
import zlib

_SIDE = 32
"""Some refuse pictures that are smaller than 28 × 28."""
_RED = b"\xff\x00\x00"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png() -> bytes:
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)  # 8 bits a channel, RGB, not interlaced
    rows = (b"\x00" + _RED * _SIDE) * _SIDE  # each row begins with its filter: none
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


PICTURE_BASE64 = base64.b64encode(_png()).decode("ascii")
PICTURE_URL = f"data:image/png;base64,{PICTURE_BASE64}"
