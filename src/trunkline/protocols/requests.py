"""The hub, asking side: one request as every inbound format decodes to it and every upstream format is encoded from.

Absent means absent (inference.md 2.1 rule 1): `None` is "the caller did not say", and is never sent upstream.
A word of one format only goes into `extra`, not into a new field: two providers or it goes into `extra`.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Raw, Struct

Role = Literal["system", "developer", "user", "assistant", "tool"]
Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]


PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "top_a",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "max_tokens",
        "max_completion_tokens",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "prediction",
        "seed",
        "response_format",
        "structured_outputs",
        "stop",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "include_reasoning",
        "reasoning",
        "reasoning_effort",
        "web_search_options",
        "verbosity",
    }
)
"""The parameter enum (routing-and-catalog.md 4.3): what endpoints declare to support, and requests are said to use."""


class CacheMarker(Struct, frozen=True):
    """`cache_control` on a part: cache everything up to here (inference.md 12.1)."""

    ttl: Literal["5m", "1h"] | None = None


class Text(Struct, frozen=True, tag="text"):
    text: str
    cache: CacheMarker | None = None


class Image(Struct, frozen=True, tag="image_url"):
    """`url` is http(s) or a data URL."""

    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None
    cache: CacheMarker | None = None
    at: str = ""
    """Where the client's request names it, in the client's own words: for errors."""


class File(Struct, frozen=True, tag="file"):
    """`data` is a URL or a data URL; `file_id` names an upload."""

    data: str | None = None
    filename: str | None = None
    file_id: str | None = None
    cache: CacheMarker | None = None
    at: str = ""


class Audio(Struct, frozen=True, tag="input_audio"):
    """`data` is base64, or a URL where the upstream takes one."""

    data: str
    format: str
    cache: CacheMarker | None = None
    at: str = ""


class Video(Struct, frozen=True, tag="video_url"):
    url: str
    cache: CacheMarker | None = None
    at: str = ""


class Refusal(Struct, frozen=True, tag="refusal"):
    refusal: str


Medium: TypeAlias = Image | File | Audio | Video
Part: TypeAlias = Text | Medium | Refusal


class ToolCall(Struct, frozen=True):
    """A call in the history. `arguments` is JSON text as the model wrote it, perhaps invalid."""

    id: str
    name: str
    arguments: str


class ReasoningDetail(Struct, frozen=True):
    """One member of `reasoning_details`, kept as sent; `type` and `format` are read for the rules of 7.5."""

    type: str
    format: str | None
    raw: Raw


class Message(Struct, frozen=True, kw_only=True):
    """One turn: a role and its parts in order. `plain` tells that the content was one string, not parts."""

    role: Role
    parts: tuple[Part, ...] = ()
    plain: bool = False
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    reasoning: str | None = None
    reasoning_details: tuple[ReasoningDetail, ...] | None = None
    images: tuple[Raw, ...] = ()
    audio_id: str | None = None
    annotations: tuple[Raw, ...] = ()


class FunctionTool(Struct, frozen=True, kw_only=True):
    """`parameters` is a JSON Schema, as sent; empty Raw when the caller gave none."""

    name: str
    description: str | None = None
    parameters: Raw = Raw(b"")
    strict: bool | None = None
    cache: CacheMarker | None = None
    eager_input_streaming: bool | None = None
    """Arguments are streamed as they are written, unchecked (inference.md 8.5)."""


class NamedToolChoice(Struct, frozen=True):
    name: str


ToolChoice: TypeAlias = Literal["auto", "none", "required"] | NamedToolChoice


class JsonObject(Struct, frozen=True):
    """JSON mode."""


class JsonSchema(Struct, frozen=True):
    """Structured output. `schema` is the schema as sent."""

    name: str
    schema: Raw
    description: str | None = None
    strict: bool | None = None


class Reasoning(Struct, frozen=True, kw_only=True):
    """The `reasoning` object after resolution (inference.md 7.1): `enabled` False = off, None = not said."""

    enabled: bool | None = None
    effort: Effort | None = None
    max_tokens: int | None = None
    exclude: bool = False
    summary: Literal["auto", "concise", "detailed"] | None = None
    field: str = "reasoning"
    """What the client's format calls it: for errors."""


class Sampling(Struct, frozen=True, kw_only=True):
    """Sampling and length parameters. None = the caller did not say."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    top_a: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logit_bias: Raw = Raw(b"")
    logprobs: bool | None = None
    top_logprobs: int | None = None
    n: int | None = None


class GenerationRequest(Struct, frozen=True, kw_only=True):
    """What is asked of a model, in no provider's format.

    `extra` holds top-level members that the inbound format said and the hub has no word for, as sent; an encoder
    passes on those that the serving endpoint's passthrough list names and drops the rest.
    """

    messages: tuple[Message, ...]
    tools: tuple[FunctionTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    sampling: Sampling = Sampling()
    output: JsonObject | JsonSchema | None = None
    output_raw: Raw = Raw(b"")
    """`response_format` as sent, for types that are passed through (`grammar`, `python`)."""
    reasoning: Reasoning | None = None
    verbosity: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    modalities: tuple[str, ...] = ()
    audio: Raw = Raw(b"")
    image_config: Raw = Raw(b"")
    prediction: Raw = Raw(b"")
    web_search_options: Raw = Raw(b"")
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    cache: CacheMarker | None = None
    stream: bool = False
    anthropic_betas: tuple[str, ...] = ()
    """Beta flags that the caller asks of endpoints of Anthropic's kind (inference.md 8.5)."""
    extra: Mapping[str, Raw] = {}
