"""Encrypted reasoning of other providers in the words of this format (inference.md 7.6).

A client sends thinking back as it came, and knows only Anthropic's. What belongs to somebody else therefore travels in
an envelope: whose it is, its id and its place stand before the provider's own text, which stays to the letter.
"""

import base64
import binascii
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core import json

OWN_FORMAT: Final = "anthropic-claude-v1"
_PREFIX: Final = "trunkline.1."


class Seal(Struct, frozen=True, array_like=True):
    """What stands on the envelope."""

    format: str | None
    id: str | None
    index: int


_seal: Final = msgspec.json.Decoder(Seal)


def seal(text: str, format: str | None, id: str | None, index: int) -> str:
    """`text` in an envelope; Anthropic's own stays as it is."""
    if format == OWN_FORMAT:
        return text
    head = base64.urlsafe_b64encode(json.encode(Seal(format, id, index))).decode().rstrip("=")
    return f"{_PREFIX}{head}.{text}"


def unseal(text: str) -> tuple[Seal | None, str]:
    """What stands on the envelope, and what is in it; None where there is no envelope of ours."""
    if not is_sealed(text):
        return None, text
    head, dot, content = text[len(_PREFIX) :].partition(".")
    try:
        written = _seal.decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None, text
    return (written, content) if dot else (None, text)


def is_sealed(text: str) -> bool:
    """Whether it looks like an envelope of ours: no upstream of this format can read that."""
    return text.startswith(_PREFIX)
