"""The Messages API as `/openapi.json` describes it (inference.md 18); `POST /messages` is served by `generation.py`.

Members whose content is decoded later (`messages`, `system`, `tools`) stand as open objects.
"""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.api.operations import Operation
from trunkline.api.wire import Usd
from trunkline.core.errors import ErrorType
from trunkline.protocols.messages.wire_request import Head

_COUNTED: Final = frozenset({"max_tokens", "stream"})
_HEAD: Final = [(field.name, field.type, None) for field in msgspec.structs.fields(Head)]
_CONVERSATION: Final = [
    ("messages", list[dict[str, Raw]]),
    ("system", str | list[dict[str, Raw]] | None, None),
    ("tools", list[dict[str, Raw]] | None, None),
    ("tool_choice", dict[str, Raw] | None, None),
]

MessagesRequest = msgspec.defstruct("MessagesRequest", [*_CONVERSATION, *_HEAD], kw_only=True)
"""Body of `POST /messages`."""
CountTokensRequest = msgspec.defstruct(
    "CountTokensRequest", [*_CONVERSATION, *(member for member in _HEAD if member[0] not in _COUNTED)], kw_only=True
)
"""Body of `POST /messages/count_tokens`."""


class MessagesUsage(Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them, those of the cache apart, and what the account was charged in USD."""

    input_tokens: int
    output_tokens: int
    cache_creation: dict[str, int] | None
    cache_creation_input_tokens: int | None
    cache_read_input_tokens: int | None
    inference_geo: str | None
    output_tokens_details: dict[str, int] | None
    server_tool_use: dict[str, int] | None
    service_tier: str | None
    cost: Usd
    is_byok: bool
    cost_details: dict[str, Raw]


class MessagesResult(Struct, frozen=True, kw_only=True):
    """A whole answer; with `stream` the same content comes as server-sent events."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    provider: str
    content: list[dict[str, Raw]]
    stop_reason: str | None
    stop_sequence: str | None
    stop_details: dict[str, Raw] | None
    container: dict[str, Raw] | None
    usage: MessagesUsage


class MessagesErrorObject(Struct, frozen=True, kw_only=True):
    """`type` is Anthropic's word, `error_type` the one that is the same in every API here."""

    type: str
    message: str
    error_type: ErrorType


class MessagesErrorResponse(Struct, frozen=True, kw_only=True):
    """Errors of this API; `request_id` is the generation's id once routing has begun."""

    type: Literal["error"]
    error: MessagesErrorObject
    request_id: str | None
    metadata: dict[str, Raw] | UnsetType = UNSET


class TokenCount(Struct, frozen=True):
    """Of the whole prompt: messages, system and tools."""

    input_tokens: int


MESSAGES: Final = Operation(
    method="POST",
    path="/messages",
    id="createMessages",
    summary="Create a message",
    tag="Anthropic Messages",
    request=MessagesRequest,
    response=MessagesResult,
    errors=(400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504, 529),
    error=MessagesErrorResponse,
)
COUNT_TOKENS: Final = Operation(
    method="POST",
    path="/messages/count_tokens",
    id="countMessageTokens",
    summary="Count the tokens of a message's prompt",
    tag="Anthropic Messages",
    request=CountTokensRequest,
    response=TokenCount,
    errors=(400, 401, 403, 404, 413, 429, 500, 503),
    error=MessagesErrorResponse,
)
