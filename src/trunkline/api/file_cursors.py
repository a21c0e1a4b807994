"""`cursor` of a list of files: the last id of the page before, wrapped, so that nobody builds one."""

import base64
import binascii

import msgspec
from msgspec import Struct

from trunkline.core import json


class _Cursor(Struct, frozen=True):
    cursor: str


_decoder = msgspec.json.Decoder(_Cursor)


def encode_cursor(file_id: str) -> str:
    """The cursor of what comes after this file."""
    return base64.urlsafe_b64encode(json.encode(_Cursor(file_id))).decode("ascii").rstrip("=")


def decode_cursor(text: str) -> str | None:
    """The id in it, None for what is no cursor of ours."""
    try:
        return _decoder.decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)).cursor
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
