"""Our errors as clients of this format know them (inference.md 5.7)."""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import ErrorType, TrunklineError
from trunkline.protocols.answers import UsageReport
from trunkline.protocols.error_body import error_object
from trunkline.protocols.lenient_json import NOTHING

_NATIVE: Final[Mapping[ErrorType, str]] = {
    "authentication": "authentication_error",
    "permission_denied": "permission_error",
    "payment_required": "billing_error",
    "not_found": "not_found_error",
    "image_not_found": "not_found_error",
    "rate_limit_exceeded": "rate_limit_error",
    "provider_overloaded": "overloaded_error",
    "timeout": "timeout_error",
    "provider_unavailable": "api_error",
    "server": "api_error",
    "unmapped": "api_error",
}
_OTHERS: Final = "invalid_request_error"


def render_error(error: TrunklineError, *, docs_base: str, generation_id: str | None, metadata: Raw = NOTHING) -> bytes:
    """`{"type":"error","error":{…},"request_id":…}`; the id is the generation's once there is one."""
    return json.encode({**_members(error, docs_base, metadata), "request_id": generation_id})


def error_event(error: TrunklineError, *, docs_base: str, report: UsageReport | None) -> bytes:
    """The same as the last event of a stream, without the id, which has been told."""
    metadata = NOTHING if report is None else report.metadata
    return b"event: error\ndata: " + json.encode(_members(error, docs_base, metadata)) + b"\n\n"


def _members(error: TrunklineError, docs_base: str, router_metadata: Raw) -> dict[str, object]:
    told = error_object(error, docs_base=docs_base)
    inner: dict[str, object] = {
        "type": _NATIVE.get(error.kind, _OTHERS),
        "message": told["message"],
        "error_type": error.kind,
    }
    if "availability" in told:
        inner["availability"] = told["availability"]
    members: dict[str, object] = {"type": "error", "error": inner, "metadata": told["metadata"]}
    if router_metadata and error.http_status != 500:
        members["openrouter_metadata"] = router_metadata
    return members
