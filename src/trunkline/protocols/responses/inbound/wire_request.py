"""The top level of a Responses request as it stands in JSON (inference.md 17.1): every documented member.

`null` equals absent for all of them. `input`, `tools` and `tool_choice` are decoded on their own.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from trunkline.protocols.reasoning.wire import WireReasoning
from trunkline.protocols.request_head import HeadReader
from trunkline.protocols.wire_types import (
    EMPTY,
    INT64_MAX,
    CacheControl,
    Count,
    Debug,
    Metadata,
    ModelSlug,
    Name,
    Penalty,
    PluginRequest,
    PromptCacheOptions,
    ServiceTier,
    SessionId,
    UpToOne,
    UpToTwo,
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


class Head(Struct, frozen=True, kw_only=True):
    """All documented members but `input`, `tools` and `tool_choice`; beside them the sampling parameters of chat."""

    model: ModelSlug | None = None
    models: list[ModelSlug] | None = None
    preset: str | None = None
    instructions: str | None = None
    stream: bool | None = None
    stream_options: dict[str, Raw] | None = None
    max_output_tokens: Count | None = None
    temperature: UpToTwo | None = None
    top_p: UpToOne | None = None
    top_k: Annotated[int, Meta(ge=0, le=INT64_MAX)] | None = None
    min_p: UpToOne | None = None
    top_a: UpToOne | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    repetition_penalty: UpToTwo | None = None
    seed: Annotated[int, Meta(ge=-INT64_MAX - 1, le=INT64_MAX)] | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: Count | None = None
    reasoning: WireReasoning | None = None
    text: TextOptions | None = None
    truncation: Literal["auto", "disabled"] | None = None
    include: list[str] | None = None
    modalities: list[Literal["text", "image", "audio"]] | None = None
    image_config: dict[str, Raw] | None = None
    plugins: list[PluginRequest] | None = None
    provider: dict[str, Raw] | None = None
    route: str | None = None
    cache_control: CacheControl | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: PromptCacheOptions | None = None
    session_id: SessionId | None = None
    user: SessionId | None = None
    safety_identifier: str | None = None
    metadata: Metadata | None = None
    trace: dict[str, Raw] | None = None
    service_tier: ServiceTier | None = None
    debug: Debug | None = None
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
