"""An upstream's failure, classified once (routing-and-catalog.md 6, inference.md 5.5)."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from trunkline.core.errors import ErrorType
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.phrases import (
    CONTEXT_CODES,
    CONTEXT_PHRASES,
    IMAGE_CODES,
    IMAGE_PHRASES,
    KEY_PHRASES,
    MAX_TOKENS_PHRASES,
    MODEL_CODES,
    MODEL_PHRASES,
    NO_MONEY_CODES,
    POLICY_CODES,
    POLICY_PHRASES,
    UNSUPPORTED_CODES,
    UNSUPPORTED_PHRASES,
)
from trunkline.protocols.faults.reading import read_fault
from trunkline.protocols.faults.redaction import redact
from trunkline.protocols.faults.retry_hints import retry_after_s
from trunkline.protocols.faults.types import Classified, NextEndpoint

SAFE_MESSAGE_CHARS_MAX = 2000


class _Verdict(Struct, frozen=True):
    """One row of the trigger table. `says_why`: the upstream's sentence explains the request's mistake."""

    error_type: ErrorType
    status: int
    next_endpoint: NextEndpoint
    transient: bool = False
    uptime: bool = False
    says_why: bool = False


_OVERLOADED = _Verdict("provider_overloaded", 503, "any", transient=True, uptime=True)
_TIMEOUT = _Verdict("timeout", 504, "any", transient=True, uptime=True)
_UNAVAILABLE = _Verdict("provider_unavailable", 502, "any", transient=True, uptime=True)
_KEY_REJECTED = _Verdict("provider_unavailable", 502, "any", uptime=True)
_CONTEXT = _Verdict("context_length_exceeded", 400, "larger_context", says_why=True)
_POLICY = _Verdict("content_policy_violation", 400, "unmoderated", says_why=True)
_UNSUPPORTED = _Verdict("invalid_request", 400, "any", says_why=True)
_INVALID = _Verdict("invalid_request", 400, "none", says_why=True)

_BY_STATUS: Final[dict[int, _Verdict]] = {
    401: _KEY_REJECTED,
    402: _KEY_REJECTED,
    403: _Verdict("permission_denied", 403, "any"),
    404: _Verdict("not_found", 404, "any", uptime=True),
    408: _TIMEOUT,
    413: _Verdict("payload_too_large", 413, "none", says_why=True),
    422: _Verdict("unprocessable", 422, "none", says_why=True),
    429: _Verdict("rate_limit_exceeded", 429, "any"),
    500: _Verdict("server", 500, "any", transient=True, uptime=True),
    503: _OVERLOADED,
    504: _TIMEOUT,
    524: _TIMEOUT,
    529: replace(_OVERLOADED, status=529),
}

_LIMITED: Final = frozenset({429, 503, 529})


def classify(status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int | None = None) -> Classified:
    """An HTTP error answer. `headers` are in lower case; `now_ms` makes hints that are dates readable."""
    fault = read_fault(status, body)
    hint = retry_after_s(headers, body, now_ms, limited=status in _LIMITED)
    bedrock = headers.get("x-amzn-errortype", "").split(":")[0]
    if bedrock and fault.code is None:
        fault = replace(fault, code=bedrock)
    return classify_fault(replace(fault, retry_after_s=hint))


def classify_fault(fault: UpstreamFault) -> Classified:
    """Any fault: an error answer, an error inside a 200, an answer that broke off (`status` 200 or 0)."""
    verdict = _verdict(fault)
    return Classified(
        fault=fault,
        error_type=verdict.error_type,
        status=verdict.status,
        next_endpoint=verdict.next_endpoint,
        next_model=True,
        transient=verdict.transient,
        counts_against_uptime=verdict.uptime,
        safe_message=redact(fault.message)[:SAFE_MESSAGE_CHARS_MAX] or None if verdict.says_why else None,
    )


def classify_failure(
    kind: Literal[
        "connect", "dns", "tls", "reset", "timeout_connect", "timeout_read", "timeout_total", "protocol", "credentials"
    ],
) -> Classified:
    """A transport failure: no whole HTTP answer came. `kind` becomes the fault's code.

    A request that could not be signed (`credentials`) is the operator's matter, as a key that was rejected.
    """
    if kind == "credentials":
        fault = UpstreamFault(status=0, code=kind, message="The gateway has no valid credential for the provider")
        return _network(fault, _KEY_REJECTED)
    message = "The provider did not answer in time" if kind.startswith("timeout") else "The connection broke"
    fault = UpstreamFault(status=0, code=kind, message=message, truncated=True)
    return _network(fault, _TIMEOUT if kind.startswith("timeout") else _UNAVAILABLE)


def _network(fault: UpstreamFault, verdict: _Verdict) -> Classified:
    return Classified(
        fault=fault,
        error_type=verdict.error_type,
        status=verdict.status,
        next_endpoint=verdict.next_endpoint,
        next_model=True,
        transient=verdict.transient,
        counts_against_uptime=verdict.uptime,
    )


def _verdict(fault: UpstreamFault) -> _Verdict:
    code = (fault.code or "").lower()
    if code == "modelnotreadyexception":
        return _OVERLOADED
    if code == "modeltimeoutexception":
        return _TIMEOUT
    if fault.status in (400, 403, 413, 422) or (fault.status == 200 and not fault.truncated):
        special = _about_the_request(fault, code)
        if special is not None:
            return special
    known = _BY_STATUS.get(fault.status)
    if known is not None:
        return known
    if fault.status >= 500 or fault.status < 400:
        return _UNAVAILABLE
    return _INVALID


def _about_the_request(fault: UpstreamFault, code: str) -> _Verdict | None:
    """The rows of the table that depend on words. A 403 can only be about the key or about policy."""
    message = fault.message or fault.raw[:SAFE_MESSAGE_CHARS_MAX]
    if code in NO_MONEY_CODES or KEY_PHRASES.search(message):
        return _KEY_REJECTED
    if code in POLICY_CODES or (fault.status != 413 and POLICY_PHRASES.search(message)):
        return _POLICY
    if fault.status in (200, 403):
        return None
    if code == "rate_limit_exceeded":
        return _BY_STATUS[429]
    if code in CONTEXT_CODES or CONTEXT_PHRASES.search(message):
        return _CONTEXT
    if code == "string_above_max_length":
        return _Verdict("string_too_long", 400, "none", says_why=True)
    if MAX_TOKENS_PHRASES.search(message):
        return _Verdict("max_tokens_exceeded", 400, "larger_context", says_why=True)
    if code in MODEL_CODES or MODEL_PHRASES.search(message):
        return _BY_STATUS[404]
    image = _image_type(code, message)
    if image is not None:
        return _Verdict(image, 400, "none", says_why=True)
    if fault.status == 400 and (code in UNSUPPORTED_CODES or UNSUPPORTED_PHRASES.search(message)):
        return _UNSUPPORTED
    return None


def _image_type(code: str, message: str) -> ErrorType | None:
    known = IMAGE_CODES.get(code)
    if known is not None:
        return known
    return next((kind for pattern, kind in IMAGE_PHRASES if pattern.search(message)), None)
