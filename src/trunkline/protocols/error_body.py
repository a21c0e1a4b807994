"""Our errors in the JSON of every API but Messages (inference.md 5.1–5.3)."""

from typing import Final

from msgspec import UNSET, Raw

from trunkline.core import json
from trunkline.core.errors import Availability, TrunklineError
from trunkline.core.json import JsonValue
from trunkline.protocols.lenient_json import NOTHING

MASKED_MESSAGE: Final = "Internal Server Error"
MESSAGE_CHARS_MAX: Final = 2_000
FIELD_CHARS_MAX: Final = 300
"""A caller's own megabyte is not sent back in a sentence about it."""


def render_error(error: TrunklineError, *, docs_base: str, user_id: str | None, metadata: Raw = NOTHING) -> bytes:
    """`{"error": {…}, "user_id": …, "openrouter_metadata": …}`; the HTTP status is `error.http_status`.

    `docs_base` is the URL of the documentation without a trailing slash, `metadata` the router metadata where the
    caller opted in. A 500 tells nothing but its type.
    """
    body: dict[str, object] = {"error": error_object(error, docs_base=docs_base)}
    if user_id is not None:
        body["user_id"] = user_id
    if metadata and error.http_status != 500:
        body["openrouter_metadata"] = metadata
    return json.encode(body)


def error_object(error: TrunklineError, *, docs_base: str) -> dict[str, object]:
    """The `error` member, the same in a body and inside a stream."""
    metadata: dict[str, JsonValue] = {"error_type": error.kind}
    if error.http_status == 500:
        if error.kind == "unmapped" and error.provider_code is not None:
            metadata["provider_code"] = error.provider_code
        return {"message": MASKED_MESSAGE, "code": 500, "metadata": metadata}
    if error.provider_code is not None:
        metadata["provider_code"] = error.provider_code
    if error.field is not None:
        metadata["field"] = error.field[:FIELD_CHARS_MAX]
    metadata |= {name: value for name, value in error.metadata.items() if name != "error_type"}
    members: dict[str, object] = {"message": error.message[:MESSAGE_CHARS_MAX], "code": error.http_status}
    if error.availability is not None:
        members["error_type"] = error.kind
        members["http_status"] = error.http_status
        members["availability"] = _availability(error.availability, docs_base)
    members["metadata"] = metadata
    return members


def _availability(availability: Availability, docs_base: str) -> dict[str, object]:
    """Always `code, retryable, requested_models, docs_url`; the rest only where there is something to say."""
    members: dict[str, object] = {
        "code": availability.code,
        "retryable": availability.retryable,
        "requested_models": availability.requested_models,
    }
    if availability.retry_after_s is not UNSET:
        members["retry_after"] = availability.retry_after_s
    lists: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("affected_providers", availability.affected_providers),
        ("excluded_by", availability.excluded_by),
        ("fallback_models", availability.fallback_models),
    )
    members |= {name: values for name, values in lists if values}
    if availability.constraint is not UNSET:
        members["constraint"] = availability.constraint
    members["docs_url"] = f"{docs_base}/errors#{availability.code}"
    return members
