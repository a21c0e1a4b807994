"""The Sandbox's images: real PNG files in colours that follow from the prompt, and a label in them."""

import base64
import hashlib
import re
import struct
import zlib

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.providers.sandbox.request import ImagesRequest, images_decoder

IMAGE_SIDE_MAX = 2048
IMAGES_MAX = 10
PREVIEW_SIDE = 64
TOKENS_PER_IMAGE = 256
_FIELD = re.compile(rb'name="(prompt|n|size|stream)"\r\n\r\n(.*?)\r\n--', re.DOTALL)
_STRIPE = 16

_LETTERS = {
    "S": ("###", "#..", "###", "..#", "###"),
    "A": (".#.", "#.#", "###", "#.#", "#.#"),
    "N": ("#.#", "###", "###", "###", "#.#"),
    "D": ("##.", "#.#", "#.#", "#.#", "##."),
    "B": ("##.", "#.#", "##.", "#.#", "##."),
    "O": ("###", "#.#", "#.#", "#.#", "###"),
    "X": ("#.#", "#.#", ".#.", "#.#", "#.#"),
}
_LABEL = tuple("." + ".".join(_LETTERS[letter][row] for letter in "SANDBOX") + "." for row in range(5))


def read_images(body: bytes) -> ImagesRequest:
    """The request, in JSON or, for edits, as a form. Raises msgspec.DecodeError."""
    if not body.startswith(b"--"):
        return images_decoder.decode(body)
    fields = {name.decode(): value.decode("utf-8", "replace") for name, value in _FIELD.findall(body)}
    count = fields.get("n", "1")
    return ImagesRequest(
        prompt=fields.get("prompt", ""),
        n=int(count) if count.isdecimal() else 1,
        size=fields.get("size"),
        stream=fields.get("stream") == "true",
    )


def images(request: ImagesRequest) -> bytes:
    """The whole answer."""
    data: list[JsonValue] = [{"b64_json": image} for image in _images(request)]
    return json.encode({"created": 0, "data": data, "usage": _usage(request)})


def image_events(request: ImagesRequest) -> list[bytes]:
    """The answer as a stream: a preview, then each image."""
    width, height = _size(request.size)
    scale = PREVIEW_SIDE / max(width, height, PREVIEW_SIDE)
    preview = png(request.prompt, max(1, int(width * scale)), max(1, int(height * scale)))
    events: list[JsonValue] = [
        {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": _encoded(preview)}
    ]
    events += [
        {"type": "image_generation.completed", "b64_json": image, "usage": _usage(request)}
        for image in _images(request)
    ]
    return [b"data: " + json.encode(event) + b"\n\n" for event in events]


def _images(request: ImagesRequest) -> list[str]:
    width, height = _size(request.size)
    return [_encoded(png(f"{request.prompt}#{index}", width, height)) for index in range(_count(request))]


def _count(request: ImagesRequest) -> int:
    return min(max(1, request.n), IMAGES_MAX)


def _usage(request: ImagesRequest) -> JsonValue:
    prompt, made = max(1, len(request.prompt) // 4), TOKENS_PER_IMAGE * _count(request)
    return {"input_tokens": prompt, "output_tokens": made, "total_tokens": prompt + made}


def _encoded(image: bytes) -> str:
    return base64.b64encode(image).decode("ascii")


def _size(size: str | None) -> tuple[int, int]:
    width, cross, height = (size or "256x256").partition("x")
    if cross and width.isdecimal() and height.isdecimal():
        return min(max(1, int(width)), IMAGE_SIDE_MAX), min(max(1, int(height)), IMAGE_SIDE_MAX)
    return 256, 256


def png(text: str, width: int, height: int) -> bytes:
    """A valid PNG of stripes, labelled SANDBOX in its upper left corner and in its `Software` field."""
    colours = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    rows = [bytearray(b"\0" + colours[stripe : stripe + 3] * width) for stripe in (0, 3)]
    label = _label_rows(rows, width, height)
    pixels = b"".join(label.get(y) or rows[y // _STRIPE % 2] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (
        _chunk(b"IHDR", header),
        _chunk(b"tEXt", b"Software\0Trunkline Sandbox"),
        _chunk(b"IDAT", zlib.compress(pixels)),
        _chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _label_rows(rows: list[bytearray], width: int, height: int) -> dict[int, bytes]:
    """The rows that the label stands in, as large as there is room; none in a picture too small for it."""
    scale = min(width // len(_LABEL[0]), height // (len(_LABEL) + 2))
    made: dict[int, bytes] = {}
    for y in range(scale * len(_LABEL)):
        row = rows[(y + scale) // _STRIPE % 2].copy()
        for x, dot in enumerate(_LABEL[y // scale]):
            if dot == "#":
                row[1 + 3 * x * scale : 1 + 3 * (x + 1) * scale] = b"\xff\xff\xff" * scale
        made[y + scale] = bytes(row)
    return made


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
