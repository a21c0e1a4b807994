"""Failures of this service: error answers, and exceptions inside a stream (inference.md 5.5, 30.9, 30.11).

The service names an error in the header `x-amzn-errortype` or the member `__type`; its statuses alone do not tell
whose fault it was.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw
from msgspec.structs import replace

from trunkline.protocols.converse.event_stream import Frame
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.classify import classify_fault
from trunkline.protocols.faults.reading import MESSAGE_CHARS_MAX, RAW_CHARS_MAX, read_fault
from trunkline.protocols.faults.retry_hints import retry_after_s
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.lenient_json import object_of, text_of

_STATUS_OF: Final[dict[str, int]] = {
    "throttlingexception": 429,
    "servicequotaexceededexception": 429,
    "modelnotreadyexception": 429,
    "serviceunavailableexception": 503,
    "internalserverexception": 500,
    "internalfailure": 500,
    "modelerrorexception": 502,
    "modelstreamerrorexception": 502,
    "modeltimeoutexception": 408,
    "resourcenotfoundexception": 404,
    "validationexception": 400,
    "expiredtokenexception": 401,
    "unrecognizedclientexception": 401,
    "invalidclienttokenid": 401,
    "invalidsignatureexception": 401,
    "incompletesignature": 401,
    "missingauthenticationtokenexception": 401,
}
"""The status that an error's name stands for, in the words of the trigger table (routing-and-catalog.md 6)."""

_REJECTED_KEY: Final = ("authentication failed", "bearer token")
"""How a message about the API key begins; the name of the error is then that of missing permissions."""


def classify(status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int) -> Classified:
    """An answer with another status than 200. `headers` are in lower case."""
    fault = read_fault(status, body)
    members = object_of(Raw(body))
    message = fault.message or text_of(members.get("Message"))[:MESSAGE_CHARS_MAX]
    name = _name(headers.get("x-amzn-errortype", "")) or _name(text_of(members.get("__type"))) or fault.code
    meant = _STATUS_OF.get(name.lower(), status) if name else status
    if status == 403 and message.lower().startswith(_REJECTED_KEY):
        meant = 401
    hint = retry_after_s(headers, body, now_ms, limited=meant in (429, 503))
    return classify_fault(replace(fault, status=meant, code=name, message=message, retry_after_s=hint))


def fault_of_frame(frame: Frame) -> UpstreamFault | None:
    """The fault that a message of a stream tells of, None for an event."""
    kind = frame.headers.get(":message-type", "event")
    if kind == "event":
        return None
    raw = frame.payload[: 4 * RAW_CHARS_MAX].decode("utf-8", "replace")[:RAW_CHARS_MAX]
    name = frame.headers.get(":exception-type") or frame.headers.get(":error-code") or None
    members = object_of(Raw(frame.payload))
    message = text_of(members.get("message")) or text_of(members.get("Message"))
    return UpstreamFault(
        status=_STATUS_OF.get((name or "").lower(), 500),
        code=name,
        message=(message or frame.headers.get(":error-message", ""))[:MESSAGE_CHARS_MAX],
        raw=raw,
    )


def _name(literal: str) -> str | None:
    """`ValidationException` of `com.amazon.coral#ValidationException:http://…`."""
    return literal.partition(":")[0].rpartition("#")[2][:64] or None
