"""The Sandbox's video jobs: done two seconds after they were submitted, a real MP4 of one labelled picture.

Nothing is remembered: the job's id says when it was submitted.
"""

import struct
import time
from collections.abc import Mapping
from secrets import token_hex
from typing import Final

from msgspec import Struct

from trunkline.core import json
from trunkline.providers.sandbox.images import png

READY_AFTER_S: Final = 2.0
_PREFIX: Final = "sandbox_"
WIDTH: Final = 64
HEIGHT: Final = 36
DURATION_MS: Final = 1_000
_MATRIX: Final = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_PNG_OBJECT_TYPE: Final = 0x6D


class Film(Struct, frozen=True):
    """A file, or a part of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer(method: str, url: str, byte_range: str | None) -> bytes | Film | None:
    """What a request about videos is answered with; None when it is about something else."""
    before, _, path = url.partition("/videos")
    if not before or (path and not path.startswith("/")) or "/videos" not in url:
        return None
    if method == "POST" and not path:
        return json.encode({"id": f"{_PREFIX}{int(_now_s() * 1000):x}_{token_hex(4)}", "status": "queued"})
    job_id, _, rest = path[1:].partition("/")
    made_s = int(job_id.removeprefix(_PREFIX).partition("_")[0], 16) / 1000
    if rest == "content":
        return _file(mp4(job_id), byte_range)
    is_ready = _now_s() - made_s >= READY_AFTER_S
    return json.encode({"id": job_id, "status": "completed" if is_ready else "in_progress"})


def _now_s() -> float:
    return time.clock_gettime(time.CLOCK_REALTIME)


def _file(data: bytes, byte_range: str | None) -> Film:
    """All of it, or the one range that is asked for."""
    headers = {"content-type": "video/mp4", "accept-ranges": "bytes"}
    first, dash, last = (byte_range or "").removeprefix("bytes=").partition("-")
    if not dash or not first.isdecimal() or int(first) >= len(data):
        return Film(200, headers, data)
    end = min(int(last), len(data) - 1) if last.isdecimal() else len(data) - 1
    told = {"content-range": f"bytes {first}-{end}/{len(data)}"}
    return Film(206, headers | told, data[int(first) : end + 1])


def mp4(text: str) -> bytes:
    """A valid MP4 with one picture, shown for a second."""
    picture = png(text, WIDTH, HEIGHT)
    head = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
    # The picture's place depends on the length of what stands before it, which does not depend on its place.
    offset = len(head) + len(_movie(len(picture), 0)) + 8
    return head + _movie(len(picture), offset) + _box(b"mdat", picture)


def _movie(picture_bytes: int, offset: int) -> bytes:
    sizes = struct.pack(">II", WIDTH << 16, HEIGHT << 16)
    mvhd = _full(
        b"mvhd", struct.pack(">IIIIiH10x", 0, 0, 1000, DURATION_MS, 0x10000, 0x100), _MATRIX, bytes(24), _u32(2)
    )
    tkhd = _full(b"tkhd", struct.pack(">IIIII8xHHHxx", 0, 0, 1, 0, DURATION_MS, 0, 0, 0), _MATRIX, sizes, flags=3)
    mdhd = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, DURATION_MS, 0x55C4, 0))
    hdlr = _full(b"hdlr", bytes(4), b"vide", bytes(12), b"Trunkline Sandbox\0")
    dref = _full(b"dref", _u32(1), _full(b"url ", flags=1))
    table = _box(
        b"stbl",
        _full(b"stsd", _u32(1), _sample_entry()),
        _full(b"stts", struct.pack(">III", 1, 1, DURATION_MS)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        _full(b"stsz", struct.pack(">III", 0, 1, picture_bytes)),
        _full(b"stco", struct.pack(">II", 1, offset)),
    )
    media = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), _box(b"dinf", dref), table)
    return _box(b"moov", mvhd, _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, media)))


def _sample_entry() -> bytes:
    """MPEG-4 visual, whose object type says that the samples are PNG files."""
    decoder = _descriptor(4, struct.pack(">BB3xII", _PNG_OBJECT_TYPE, 0x11, 0, 0))
    esds = _full(b"esds", _descriptor(3, struct.pack(">HB", 1, 0) + decoder + _descriptor(6, b"\x02")))
    visual = struct.pack(">6xH16xHHIIIH32sHh", 1, WIDTH, HEIGHT, 0x480000, 0x480000, 0, 1, b"", 24, -1)
    return _box(b"mp4v", visual, esds)


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


def _u32(number: int) -> bytes:
    return struct.pack(">I", number)


def _full(kind: bytes, *contents: bytes, flags: int = 0) -> bytes:
    return _box(kind, _u32(flags), *contents)


def _box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I", len(content) + 8) + kind + content
