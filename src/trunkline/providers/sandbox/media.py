"""What the Sandbox says of images, files, audio and video that it is given: kind, size, dimensions. Headers only."""

import base64
import binascii
import struct

from trunkline.core.json import JsonValue

HEADER_BYTES = 64 * 1024


def describe_parts(parts: list[dict[str, JsonValue]]) -> list[str]:
    """One phrase for each part that is not text."""
    return [phrase for part in parts if (phrase := _describe(part))]


def text_of(parts: list[dict[str, JsonValue]]) -> str:
    """The text of a message, parts joined."""
    texts = [part.get("text") for part in parts if part.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str))


def _describe(part: dict[str, JsonValue]) -> str:
    match part.get("type"):
        case "image_url":
            return _describe_source("an image", _member(part, "image_url", "url"))
        case "file":
            name = _member(part, "file", "filename")
            kind = f"a file named {name!r}" if name else "a file"
            return _describe_source(kind, _member(part, "file", "file_data"))
        case "input_audio":
            form = _member(part, "input_audio", "format")
            return _describe_source(f"{form} audio", "data:audio;base64," + _member(part, "input_audio", "data"))
        case "video_url" | "input_video":
            return _describe_source("a video", _member(part, "video_url", "url"))
        case _:
            return ""


def _member(part: dict[str, JsonValue], outer: str, inner: str) -> str:
    value = part.get(outer)
    found = value.get(inner) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _describe_source(kind: str, source: str) -> str:
    if not source.startswith("data:"):
        return f"{kind} by address (not fetched)"
    head, _, encoded = source.partition(",")
    padding = encoded[-2:].count("=")
    size = len(encoded) * 3 // 4 - padding
    try:
        start = base64.b64decode(encoded[: HEADER_BYTES // 3 * 4])
    except (binascii.Error, ValueError):
        return f"{kind} that is not valid base64"
    facts = [fact for fact in (head.removeprefix("data:").removesuffix(";base64"), f"{size} bytes") if fact]
    facts.extend(_details(start, size))
    return f"{kind} ({', '.join(facts)})"


def _details(data: bytes, size: int) -> list[str]:
    dimensions = image_dimensions(data)
    if dimensions:
        return [f"{dimensions[0]}×{dimensions[1]} pixels"]
    if data.startswith(b"%PDF-"):
        return [f"PDF {data[5:8].decode('ascii', 'replace')}"]
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE" and len(data) >= 32:
        bytes_per_second: int = struct.unpack_from("<I", data, 28)[0]
        return [f"{(size - 44) / bytes_per_second:.1f} s"] if bytes_per_second else []
    return []


def image_dimensions(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, WebP or JPEG, read from its header; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        width, height = struct.unpack_from("<HH", data, 6)
        return width, height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8X":
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case _:
            return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
