"""An upstream's failure, classified once (routing-and-catalog.md 6, inference.md 5.5), and errors as clients see them.

Reading of bodies is in `upstream_errors.py`, cleaning in `redaction.py`, the JSON of our own errors in `error_body.py`.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from trunkline.core.errors import ErrorType
from trunkline.protocols.chat.error_body import render_error
from trunkline.protocols.chat.redaction import redact
from trunkline.protocols.chat.retry_hints import retry_after_s
from trunkline.protocols.chat.upstream_errors import read_fault
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults import Classified, NextEndpoint

__all__ = ["classify", "classify_failure", "classify_fault", "redact", "render_error"]

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

_CONTEXT_CODES: Final = frozenset({"context_length_exceeded", "context_window_exceeded"})
_CONTEXT_PHRASES: Final = re.compile(
    r"prompt is too long|exceeds the maximum number of tokens|input is too long|maximum context length"
    r"|context (?:length|window|size)|exceed[^.]{0,40}\bcontext\b|reduce the length of|too many (?:input )?tokens"
    r"|input token count",
    re.IGNORECASE,
)
_MAX_TOKENS_PHRASES: Final = re.compile(
    r"max(?:_completion|_output)?_(?:new_)?tokens[^.]{0,80}"
    r"(?:too large|at most|exceed|less than or equal|maximum|must be <|supports)",
    re.IGNORECASE,
)
_POLICY_CODES: Final = frozenset(
    {
        "content_policy_violation",
        "content_filter",
        "responsibleaipolicyviolation",
        "data_inspection_failed",
        "moderation",
    }
)
_POLICY_PHRASES: Final = re.compile(
    r"content[ _](?:management |policy|filter|moderation)|moderation|safety (?:system|policy|filter|setting|check)"
    r"|usage polic|flagged|inappropriate content|prohibited content|sensitive content",
    re.IGNORECASE,
)
_IMAGE_PHRASES: Final[tuple[tuple[re.Pattern[str], ErrorType], ...]] = (
    (re.compile(r"image[^.]{0,60}too large|image exceeds|image size exceeds", re.IGNORECASE), "image_too_large"),
    (re.compile(r"image[^.]{0,60}too small|image[^.]{0,60}at least", re.IGNORECASE), "image_too_small"),
    (
        re.compile(r"(?:download|fetch|retriev|access)[^.]{0,60}image|image[^.]{0,60}(?:download|fetch|retriev)", re.I),
        "image_download_failed",
    ),
    (
        re.compile(r"unsupported image|image[^.]{0,40}(?:format|type)[^.]{0,40}(?:not supported|unsupported)", re.I),
        "unsupported_image_format",
    ),
    (
        re.compile(
            r"invalid image|(?:could not|cannot|unable to|failed to) (?:process|decode|identify|read)[^.]{0,20}image",
            re.I,
        ),
        "invalid_image",
    ),
)
_IMAGE_CODES: Final[dict[str, ErrorType]] = {
    "invalid_image": "invalid_image",
    "invalid_image_format": "unsupported_image_format",
    "invalid_base64_image": "invalid_image",
    "invalid_image_url": "image_download_failed",
    "image_parse_error": "invalid_image",
    "image_too_large": "image_too_large",
    "image_too_small": "image_too_small",
    "unsupported_image_media_type": "unsupported_image_format",
    "failed_to_download_image": "image_download_failed",
}
_UNSUPPORTED_CODES: Final = frozenset(
    {"unsupported_parameter", "unsupported_value", "unknown_parameter", "unsupported_country_region_territory"}
)
_UNSUPPORTED_PHRASES: Final = re.compile(
    r"not support|unsupported|not (?:yet )?available (?:for|with|on) (?:this|the) model|unrecognized request argument"
    r"|unknown (?:parameter|field|name)|unexpected keyword|extra (?:inputs|fields) (?:are )?not permitted"
    r"|not permitted|is not enabled|requires \S*(?:tool|reasoning|parser)",
    re.IGNORECASE,
)


def classify(status: int, headers: Mapping[str, str], body: bytes, *, now_ms: int | None = None) -> Classified:
    """An HTTP error answer. `headers` are in lower case; `now_ms` makes hints that are dates readable."""
    fault = read_fault(status, body)
    hint = retry_after_s(headers, body, now_ms)
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
    kind: Literal["connect", "dns", "tls", "reset", "timeout_connect", "timeout_read", "timeout_total", "protocol"],
) -> Classified:
    """A transport failure: no whole HTTP answer came. `kind` becomes the fault's code."""
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
    """The rows of the table that depend on words: what is wrong with the request. 403 can only be about policy."""
    message = fault.message or fault.raw[:SAFE_MESSAGE_CHARS_MAX]
    if code in _POLICY_CODES or (fault.status != 413 and _POLICY_PHRASES.search(message)):
        return _POLICY
    if fault.status in (200, 403):
        return None
    if code == "rate_limit_exceeded":
        return _BY_STATUS[429]
    if code in _CONTEXT_CODES or _CONTEXT_PHRASES.search(message):
        return _CONTEXT
    if code == "string_above_max_length":
        return _Verdict("string_too_long", 400, "none", says_why=True)
    if _MAX_TOKENS_PHRASES.search(message):
        return _Verdict("max_tokens_exceeded", 400, "larger_context", says_why=True)
    image = _image_type(code, message)
    if image is not None:
        return _Verdict(image, 400, "none", says_why=True)
    if fault.status == 400 and (code in _UNSUPPORTED_CODES or _UNSUPPORTED_PHRASES.search(message)):
        return _UNSUPPORTED
    return None


def _image_type(code: str, message: str) -> ErrorType | None:
    known = _IMAGE_CODES.get(code)
    if known is not None:
        return known
    return next((kind for pattern, kind in _IMAGE_PHRASES if pattern.search(message)), None)
