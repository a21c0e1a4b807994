"""Failures as this format tells them inside an answer (inference.md 5.7)."""

from collections.abc import Mapping
from typing import Final

from trunkline.core import json
from trunkline.core.errors import ErrorType, TrunklineError
from trunkline.protocols.error_body import MASKED_MESSAGE, MESSAGE_CHARS_MAX

LENGTH_ERRORS: Final[frozenset[ErrorType]] = frozenset(
    {"context_length_exceeded", "max_tokens_exceeded", "token_limit_exceeded", "string_too_long"}
)
"""What an upstream says of a conversation that is too long is no error here but an answer that had no more room."""

_CODES: Final[Mapping[ErrorType, str]] = {
    "rate_limit_exceeded": "rate_limit_exceeded",
    "invalid_request": "invalid_prompt",
    "content_policy_violation": "image_content_policy_violation",
    "invalid_image": "invalid_image",
    "image_too_large": "image_too_large",
    "image_too_small": "image_too_small",
    "unsupported_image_format": "unsupported_image_media_type",
    "image_download_failed": "failed_to_download_image",
    "image_not_found": "image_file_not_found",
}
_OTHERS: Final = "server_error"


def code_of(error: TrunklineError) -> str:
    """The `code` that stands for an error type; the list of them is closed."""
    return _CODES.get(error.kind, _OTHERS)


def message_of(error: TrunklineError) -> str:
    """The sentence that the caller may read; a 500 tells nothing."""
    return MASKED_MESSAGE if error.http_status == 500 else error.message[:MESSAGE_CHARS_MAX]


def error_member(error: TrunklineError) -> bytes:
    """The `error` of a response object."""
    return json.encode({"code": code_of(error), "message": message_of(error)})


def flat_members(error: TrunklineError) -> bytes:
    """The members of an `error` event, with a nested copy for older clients."""
    code, message = json.encode(code_of(error)), json.encode(message_of(error))
    return b'"code":%b,"message":%b,"param":%b,"error":{"code":%b,"message":%b}' % (
        code,
        message,
        json.encode(error.field),
        code,
        message,
    )
