"""The generation endpoints as `/openapi.json` describes them; they are served by `generation.py`.

Single members are described by the wire types that decode them (`protocols/chat/wire_request.py`), ranges included.
Members whose content is decoded later (`messages`, `tools`, `response_format`) stand as open objects.
"""

from typing import Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.api import plain_operations
from trunkline.api.image_operations import GENERATE as IMAGES
from trunkline.api.message_operations import MESSAGES
from trunkline.api.operations import Operation
from trunkline.api.response_operations import RESPONSES
from trunkline.api.video_operations import SUBMIT
from trunkline.api.wire import Usd
from trunkline.protocols.chat.wire_request import Head

_ERRORS = (400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504)
_OPEN = "response_format"
_HEAD = [(field.name, field.type, None) for field in msgspec.structs.fields(Head) if field.name != _OPEN]

ChatCompletionRequest = msgspec.defstruct(
    "ChatCompletionRequest",
    [
        ("messages", list[dict[str, Raw]]),
        *_HEAD,
        (_OPEN, dict[str, Raw] | None, None),
        ("tools", list[dict[str, Raw]] | None, None),
        ("tool_choice", str | dict[str, Raw] | None, None),
    ],
    kw_only=True,
)
"""Body of `POST /chat/completions`."""
CompletionRequest = msgspec.defstruct(
    "CompletionRequest", [("prompt", str), *_HEAD, (_OPEN, dict[str, Raw] | None, None)], kw_only=True
)
"""Body of `POST /completions`."""


class Usage(Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them, and what the account was charged in USD."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: Usd
    is_byok: bool
    prompt_tokens_details: dict[str, int]
    completion_tokens_details: dict[str, int]
    cost_details: dict[str, Raw]


class _Answer(Struct, frozen=True, kw_only=True):
    id: str
    created: int
    model: str
    provider: str
    usage: Usage


class Choice(Struct, frozen=True, kw_only=True):
    """`native_finish_reason` is the provider's own word."""

    index: int
    finish_reason: str | None
    native_finish_reason: str | None
    message: dict[str, Raw]
    logprobs: dict[str, Raw] | None


class ChatCompletion(_Answer, frozen=True, kw_only=True):
    """A whole answer; with `stream` the same content comes as server-sent events."""

    object: Literal["chat.completion"]
    choices: list[Choice]


class TextChoice(Struct, frozen=True, kw_only=True):
    """`native_finish_reason` is the provider's own word."""

    index: int
    text: str
    finish_reason: str | None
    native_finish_reason: str | None


class Completion(_Answer, frozen=True, kw_only=True):
    """A whole answer; with `stream` the same content comes as server-sent events."""

    object: Literal["text_completion"]
    choices: list[TextChoice]


CHAT = Operation(
    method="POST",
    path="/chat/completions",
    id="sendChatCompletionRequest",
    summary="Create a chat completion",
    tag="Chat",
    request=ChatCompletionRequest,
    response=ChatCompletion,
    errors=_ERRORS,
)
COMPLETIONS = Operation(
    method="POST",
    path="/completions",
    id="createCompletions",
    summary="Create a completion",
    tag="Completions",
    request=CompletionRequest,
    response=Completion,
    errors=_ERRORS,
)
OPERATIONS = (CHAT, COMPLETIONS, MESSAGES, RESPONSES, *plain_operations.OPERATIONS, IMAGES, SUBMIT)
