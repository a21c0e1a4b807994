"""The top level of a Responses request as it stands in JSON (inference.md 17.1): every documented member.

`null` equals absent for all of them. `input`, `tools` and `tool_choice` are decoded on their own.
"""

from typing import Literal, TypeAlias

from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.protocols.request_head import HeadReader, SamplingHead
from trunkline.protocols.wire_types import (
    EMPTY,
    Count,
    Name,
    SessionId,
    Verbosity,
)


class TextFormat(Struct, frozen=True, tag_field="type", tag="text"):
    pass


class JsonObjectFormat(Struct, frozen=True, tag_field="type", tag="json_object"):
    pass


class JsonSchemaFormat(Struct, frozen=True, tag_field="type", tag="json_schema"):
    name: Name
    schema: Raw = EMPTY
    description: str | None = None
    strict: bool | None = None


Format: TypeAlias = TextFormat | JsonObjectFormat | JsonSchemaFormat


class TextOptions(Struct, frozen=True):
    format: Format | None = None
    verbosity: Verbosity | None = None


class Head(SamplingHead, frozen=True, kw_only=True):
    """All documented members but `input`, `tools` and `tool_choice`; beside them the sampling parameters of chat."""

    instructions: str | None = None
    stream_options: dict[str, Raw] | None = None
    max_output_tokens: Count | None = None
    text: TextOptions | None = None
    truncation: Literal["auto", "disabled"] | None = None
    include: list[str] | None = None
    user: SessionId | None = None
    store: bool | None = None
    background: bool | None = None
    previous_response_id: Raw | UnsetType = UNSET
    conversation: Raw | UnsetType = UNSET
    prompt: Raw | UnsetType = UNSET


head_reader = HeadReader(Head)

OURS = frozenset(
    {
        *("models", "preset", "plugins", "provider", "route", "session_id", "trace", "debug", "transforms"),
        *("cache_control", "image_config", "modalities", "stop_server_tools_when", "metadata", "user"),
        *("safety_identifier", "stream_options", "store", "background", "previous_response_id", "conversation"),
        *("prompt", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty", "repetition_penalty"),
        *("seed", "stop", "logit_bias"),
    }
)
"""Members that no Responses upstream is sent as they are: the gateway's, stateless ones, and sampling of chat."""
