"""Chunks and bodies of chat upstreams as they stand in JSON: the members that are read."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended


class WireAnswer(Struct):
    """The top level of a chunk or body: the members that are read. Each choice keeps all of its members."""

    choices: list[dict[str, Raw]] | None = None
    usage: Raw = NOTHING
    error: Raw = NOTHING
    id: Raw = NOTHING
    system_fingerprint: Raw = NOTHING
    service_tier: Raw = NOTHING
    citations: Raw = NOTHING
    search_results: Raw = NOTHING
    x_groq: Raw = NOTHING


class _PlainDelta(Struct, forbid_unknown_fields=True):
    content: Annotated[str, Meta(min_length=1)]
    role: str | None = None


class _PlainChoice(Struct, forbid_unknown_fields=True):
    delta: _PlainDelta
    index: Literal[0] = 0
    finish_reason: None = None
    logprobs: None = None


class PlainChunk(Struct):
    """The chunk of which nearly all streams consist: some text of the only choice, and nothing else to be read."""

    choices: Annotated[tuple[_PlainChoice, ...], Meta(min_length=1, max_length=1)]
    system_fingerprint: str | None = None
    service_tier: str | None = None
    usage: None = None
    error: None = None
    citations: None = None
    search_results: None = None
    x_groq: None = None


_answer_decoder = msgspec.json.Decoder(WireAnswer)
_plain_decoder = msgspec.json.Decoder(PlainChunk)


def read_plain(payload: bytes) -> PlainChunk | None:
    """The chunk if it is a plain one, in a third of the time that `read_answer` and its followers take."""
    try:
        return _plain_decoder.decode(payload)
    except UNREADABLE:
        return None


def read_answer(payload: bytes) -> WireAnswer:
    """Decode a chunk or a body; broken text in it is mended with U+FFFD. Raises UNREADABLE."""
    return decode_mended(_answer_decoder, payload)
