"""Every refusal and failure that a caller can meet, as one tree.

    TrunklineError
    ├── InvalidRequest 400            body, field or messages unusable; `field` names where
    │   ├── InvalidPrompt
    │   ├── ContextLengthExceeded
    │   ├── ModelNotFound             availability `model_not_found`
    │   └── ContentPolicyViolation
    ├── Unauthenticated 401
    ├── PaymentRequired 402           the money of the account or of the key
    ├── PermissionDenied 403          a rule that somebody set
    ├── NotFound 404
    │   └── NoEndpoints               availability `no_endpoints`, `constraint_filtered`, …
    ├── MethodNotAllowed 405
    ├── Conflict 409
    ├── PayloadTooLarge 413
    ├── Unprocessable 422
    ├── RateLimited 429
    ├── Internal 500                  ours; the message is generic for the caller
    ├── ProviderUnavailable 502
    ├── ProviderOverloaded 503/529
    ├── ServiceUnavailable 503        ours, passing: the database is away
    └── UpstreamTimeout 504

`error_type` is what clients branch on (inference.md 5.1). An error of this tree knows nothing of a wire format:
each inbound protocol renders it in its own body (`protocols/<name>/errors.py`).
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import UNSET, Struct, UnsetType

from trunkline.core.json import JsonValue

ErrorType = Literal[
    "context_length_exceeded",
    "max_tokens_exceeded",
    "token_limit_exceeded",
    "string_too_long",
    "invalid_request",
    "invalid_prompt",
    "content_policy_violation",
    "refusal",
    "invalid_image",
    "image_too_large",
    "image_too_small",
    "unsupported_image_format",
    "image_download_failed",
    "authentication",
    "payment_required",
    "permission_denied",
    "not_found",
    "image_not_found",
    "precondition_failed",
    "payload_too_large",
    "unprocessable",
    "rate_limit_exceeded",
    "server",
    "unmapped",
    "provider_unavailable",
    "provider_overloaded",
    "timeout",
]

AvailabilityCode = Literal[
    "model_not_found",
    "wrong_endpoint",
    "no_endpoints",
    "model_deprecated",
    "model_unavailable_upstream",
    "capacity_exhausted",
    "temporarily_unavailable",
    "region_restricted",
    "privacy_restricted",
    "constraint_filtered",
    "free_variant_ended",
]

ExcludedBy = Literal[
    "geo",
    "data_region",
    "data_policy:zdr",
    "data_policy:training",
    "max_price",
    "context_length",
    "require_parameters",
    "quantization",
    "allowed_providers",
]


class Constraint(Struct, frozen=True):
    """Which request field emptied the endpoint list, and how."""

    field: str
    detail: str


class Availability(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a valid request could not be served (inference.md 5.3, routing-and-catalog.md 7).

    `docs_path` is made absolute with the instance's public URL when the error is rendered, as `docs_url`.
    """

    code: AvailabilityCode
    retryable: bool
    requested_models: tuple[str, ...]
    retry_after_s: int | UnsetType = UNSET
    affected_providers: tuple[str, ...] = ()
    excluded_by: tuple[ExcludedBy, ...] = ()
    fallback_models: tuple[str, ...] = ()
    constraint: Constraint | UnsetType = UNSET


class TrunklineError(Exception):
    """An expected failure with a status, a type and a message that says what to do.

    `metadata` goes out under `error.metadata` beside `error_type`; it must hold nothing secret and nothing of
    another tenant. `retry_after_s` becomes the `Retry-After` header. `headers` are extra response headers.
    """

    status: ClassVar[int] = 500
    error_type: ClassVar[ErrorType] = "server"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        provider_code: str | None = None,
        availability: Availability | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
        retry_after_s: int | None = None,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
        error_type: ErrorType | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.provider_code = provider_code
        self.availability = availability
        self.metadata: Mapping[str, JsonValue] = metadata or {}
        self.retry_after_s = retry_after_s
        self.headers: Mapping[str, str] = headers or {}
        self.http_status: int = status if status is not None else type(self).status
        self.kind: ErrorType = error_type if error_type is not None else type(self).error_type


class InvalidRequest(TrunklineError):
    """The body or a field of it cannot be used; `field` names it (`temperature`, `messages[0].content`)."""

    status = 400
    error_type = "invalid_request"


class InvalidPrompt(InvalidRequest):
    """The messages are well-formed JSON but no conversation."""

    error_type = "invalid_prompt"


class ContextLengthExceeded(InvalidRequest):
    """Prompt plus requested output do not fit any endpoint."""

    error_type = "context_length_exceeded"


class ModelNotFound(InvalidRequest):
    """No model has that name; `availability.fallback_models` suggests near ones."""


class ContentPolicyViolation(InvalidRequest):
    """The upstream's policy refused the input."""

    error_type = "content_policy_violation"


class Unauthenticated(TrunklineError):
    """No credential, or one that does not work."""

    status = 401
    error_type = "authentication"


class PaymentRequired(TrunklineError):
    """The account's credits or the key's limit do not cover the request."""

    status = 402
    error_type = "payment_required"


class PermissionDenied(TrunklineError):
    """A rule that somebody set forbids it (key kind, budget, list, region)."""

    status = 403
    error_type = "permission_denied"


class NotFound(TrunklineError):
    """Nothing there, or nothing that this caller may know of."""

    status = 404
    error_type = "not_found"


class NoEndpoints(NotFound):
    """The model exists, but no endpoint may serve this request; `availability` says by which rule."""


class MethodNotAllowed(TrunklineError):
    """The path exists, but not with this method."""

    status = 405
    error_type = "invalid_request"


class Conflict(TrunklineError):
    """Another change came first; the caller may try again."""

    status = 409
    error_type = "invalid_request"


class PayloadTooLarge(TrunklineError):
    """The body is larger than `server.request_limit_mb`."""

    status = 413
    error_type = "payload_too_large"


class Unprocessable(TrunklineError):
    """The upstream understood the request and cannot process it."""

    status = 422
    error_type = "unprocessable"


class RateLimited(TrunklineError):
    """Too many requests, here or at every provider that was tried."""

    status = 429
    error_type = "rate_limit_exceeded"


class Internal(TrunklineError):
    """A defect of ours. The caller sees a generic sentence; the log has the rest."""

    status = 500
    error_type = "server"


class ProviderUnavailable(TrunklineError):
    """The upstream is down, broke the connection or spoke nonsense."""

    status = 502
    error_type = "provider_unavailable"


class ProviderOverloaded(TrunklineError):
    """Every upstream that was tried is overloaded or out of order."""

    status = 503
    error_type = "provider_overloaded"


class ServiceUnavailable(TrunklineError):
    """Something of ours that a request needs is away (the database); the same request may work in a moment."""

    status = 503
    error_type = "provider_overloaded"


class UpstreamTimeout(TrunklineError):
    """The upstream did not answer in time."""

    status = 504
    error_type = "timeout"
