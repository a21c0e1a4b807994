"""The events of a Responses stream as they stand in JSON: only the members that are read."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import NOTHING, decode_mended, int_of, text_of


class WireEvent(Struct, gc=False):
    """Any event. Which members it has depends on its `type`; the events of deltas are by far the most."""

    type: str = ""
    delta: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    summary_index: int | None = None
    sequence_number: int | None = None
    item_id: str | None = None
    logprobs: Raw = NOTHING
    item: Raw = NOTHING
    annotation: Raw = NOTHING
    response: Raw = NOTHING
    error: Raw = NOTHING
    code: Raw = NOTHING
    message: Raw = NOTHING


_event_decoder: Final = msgspec.json.Decoder(WireEvent)
_members_decoder: Final = msgspec.json.Decoder(dict[str, Raw])


def read_event(payload: bytes) -> WireEvent:
    """Decode an event; a member of an unexpected type costs that member only. Raises UNREADABLE."""
    try:
        return decode_mended(_event_decoder, payload)
    except msgspec.ValidationError:
        members = decode_mended(_members_decoder, payload)
    delta = members.get("delta")
    return WireEvent(
        type=text_of(members.get("type")),
        delta=None if delta is None else text_of(delta),
        output_index=int_of(members.get("output_index")),
        content_index=int_of(members.get("content_index")),
        summary_index=int_of(members.get("summary_index")),
        sequence_number=int_of(members.get("sequence_number")),
        item_id=text_of(members.get("item_id")) or None,
        logprobs=members.get("logprobs", NOTHING),
        item=members.get("item", NOTHING),
        annotation=members.get("annotation", NOTHING),
        response=members.get("response", NOTHING),
        error=members.get("error", NOTHING),
        code=members.get("code", NOTHING),
        message=members.get("message", NOTHING),
    )


def read_members(data: bytes) -> dict[str, Raw]:
    """The members of a whole body. Raises UNREADABLE."""
    return decode_mended(_members_decoder, data)
