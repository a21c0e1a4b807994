"""The top level of a chat request as it stands in JSON (inference.md 2.1): every documented field with its range.

`null` equals absent for all of them (rule 4), so optional means `| None`. Ranges are part of the types: the codec
refuses what is outside and names the path. Big members (`messages`, `tools`, `prompt`) are decoded on their own.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Raw, Struct

from trunkline.protocols.chat.wire_messages import TextPart
from trunkline.protocols.request_head import HeadReader, SamplingHead
from trunkline.protocols.requests import Effort
from trunkline.protocols.wire_types import (
    EMPTY,
    CacheControl,
    Count,
    Name,
    Verbosity,
)


class JsonSchemaFormat(Struct, frozen=True):
    name: Name
    schema: Raw = EMPTY
    description: str | None = None
    strict: bool | None = None


class TextFormat(Struct, frozen=True, tag_field="type", tag="text"):
    pass


class JsonObjectFormat(Struct, frozen=True, tag_field="type", tag="json_object"):
    pass


class JsonSchemaResponse(Struct, frozen=True, tag_field="type", tag="json_schema"):
    json_schema: JsonSchemaFormat


class GrammarFormat(Struct, frozen=True, tag_field="type", tag="grammar"):
    grammar: str


class PythonFormat(Struct, frozen=True, tag_field="type", tag="python"):
    pass


ResponseFormat: TypeAlias = TextFormat | JsonObjectFormat | JsonSchemaResponse | GrammarFormat | PythonFormat


class StreamOptions(Struct, frozen=True):
    """Accepted without effect: usage is always sent."""

    include_usage: bool | None = None


class UsageOptions(Struct, frozen=True):
    """Accepted without effect: usage is always sent."""

    include: bool | None = None


class AudioOutput(Struct, frozen=True):
    voice: str
    format: Literal["wav", "mp3", "flac", "opus", "aac", "pcm16"]


class Prediction(Struct, frozen=True):
    type: Literal["content"]
    content: str | list[TextPart]


class Head(SamplingHead, frozen=True, kw_only=True):
    """All documented top-level members but `messages`, `prompt`, `tools` and `tool_choice`."""

    stream_options: StreamOptions | None = None
    usage: UsageOptions | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    logprobs: bool | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    response_format: ResponseFormat | None = None
    structured_outputs: bool | None = None
    reasoning_effort: Effort | None = None
    include_reasoning: bool | None = None
    verbosity: Verbosity | None = None
    audio: AudioOutput | None = None
    prediction: Prediction | None = None
    transforms: list[str] | None = None
    web_search_options: dict[str, Raw] | None = None
    speed: Literal["fast", "standard"] | None = None

    @property
    def max_output_tokens(self) -> int | None:
        """`max_completion_tokens` wins over `max_tokens` (inference.md 2.1)."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens


class FunctionDefinition(Struct, frozen=True, gc=False):
    name: Name
    description: str | None = None
    parameters: Raw = EMPTY
    strict: bool | None = None


class WireTool(Struct, frozen=True, gc=False, kw_only=True):
    """`type` is read as any string first: the refusal of a tool that is no function names it."""

    function: FunctionDefinition
    type: str | None = None
    cache_control: CacheControl | None = None
    eager_input_streaming: bool | None = None


class ToolHead(Struct, frozen=True):
    """What tells a server tool from a function."""

    type: str


class ChosenFunction(Struct, frozen=True):
    name: str


class NamedChoice(Struct, frozen=True):
    type: str
    function: ChosenFunction | None = None


WireToolChoice: TypeAlias = str | NamedChoice

HEAD = HeadReader(Head)
