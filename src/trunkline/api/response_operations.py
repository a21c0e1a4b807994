"""The Responses API as `/openapi.json` describes it (inference.md 17); it is served by `generation.py`.

Members whose content is decoded later (`input`, `tools`, `text`) stand as open objects.
"""

from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.api.operations import Operation
from trunkline.api.wire import Usd
from trunkline.protocols.responses.inbound.wire_request import Head

_OPEN: Final = frozenset({"text", "previous_response_id", "conversation", "prompt", "store", "background"})
_HEAD: Final = [(field.name, field.type, None) for field in msgspec.structs.fields(Head) if field.name not in _OPEN]

ResponsesRequest = msgspec.defstruct(
    "ResponsesRequest",
    [
        ("input", str | list[dict[str, Raw]] | None, None),
        *_HEAD,
        ("text", dict[str, Raw] | None, None),
        ("tools", list[dict[str, Raw]] | None, None),
        ("tool_choice", str | dict[str, Raw] | None, None),
        ("store", Literal[False] | None, None),
        ("background", Literal[False] | None, None),
        ("previous_response_id", None, None),
    ],
    kw_only=True,
)
"""Body of `POST /responses`. Nothing is stored: `store` and `background` can only be false."""


class ResponsesUsage(Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them, and what the account was charged in USD."""

    input_tokens: int
    input_tokens_details: dict[str, Raw]
    output_tokens: int
    output_tokens_details: dict[str, Raw]
    total_tokens: int
    cost: Usd
    is_byok: bool
    cost_details: dict[str, Raw]


class ResponsesResult(Struct, frozen=True, kw_only=True):
    """A whole answer; with `stream` the same content comes as server-sent events. What was asked for is echoed."""

    id: str
    object: Literal["response"]
    created_at: int
    completed_at: int | None
    model: str
    status: Literal["completed", "incomplete", "failed"]
    output: list[dict[str, Raw]]
    error: dict[str, str] | None
    incomplete_details: dict[str, str] | None
    instructions: Raw
    metadata: dict[str, str] | None
    tools: list[dict[str, Raw]]
    tool_choice: Raw
    parallel_tool_calls: bool
    temperature: float | None
    top_p: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    usage: ResponsesUsage | None


RESPONSES = Operation(
    method="POST",
    path="/responses",
    id="createResponses",
    summary="Create a response",
    tag="Responses",
    request=ResponsesRequest,
    response=ResponsesResult,
    errors=(400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504),
)
