"""A chunk or body of this format as it stands in JSON: the members that are read. All others of it repeat the
request or name Google's own machinery (`modelVersion`, `createTime`)."""

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import NOTHING, decode_mended


class WireChunk(Struct, rename="camel"):
    """One `GenerateContentResponse`. Each candidate keeps all of its members."""

    candidates: list[dict[str, Raw]] | None = None
    prompt_feedback: Raw = NOTHING
    usage_metadata: Raw = NOTHING
    response_id: Raw = NOTHING
    error: Raw = NOTHING


class WireFeedback(Struct, rename="camel"):
    """Why a prompt was refused."""

    block_reason: str = ""
    block_reason_message: str = ""


class WireInlineData(Struct, rename="camel"):
    """Base64 data of a type."""

    mime_type: str = ""
    data: str = ""


class WireCall(Struct):
    """A `functionCall`. `args` is an object, as sent."""

    name: str
    args: Raw = NOTHING
    id: str = ""


_chunk = msgspec.json.Decoder(WireChunk)
feedback_decoder = msgspec.json.Decoder(WireFeedback)
inline_data_decoder = msgspec.json.Decoder(WireInlineData)
call_decoder = msgspec.json.Decoder(WireCall)


def read_chunk(payload: bytes) -> WireChunk:
    """Decode one chunk or body, broken text mended. Raises UNREADABLE."""
    return decode_mended(_chunk, payload)
