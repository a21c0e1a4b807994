"""The top level of a Messages request as it stands in JSON (inference.md 18.1): every documented member and its range.

`null` equals absent. `messages`, `system` and `tools` are decoded on their own.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.messages.wire_blocks import ToolName
from trunkline.protocols.request_head import CommonHead, HeadReader
from trunkline.protocols.wire_types import (
    EMPTY,
    INT64_MAX,
    CacheControl,
    Count,
    ServiceTier,
    Verbosity,
)

USER_CHARS_MAX = 256
FALLBACKS_MAX = 3
TASK_BUDGET_TOKENS_MIN = 20_000

Display: TypeAlias = Literal["summarized", "omitted"]


class EnabledThinking(Struct, frozen=True, tag_field="type", tag="enabled"):
    budget_tokens: Count
    display: Display | None = None


class AdaptiveThinking(Struct, frozen=True, tag_field="type", tag="adaptive"):
    display: Display | None = None


class DisabledThinking(Struct, frozen=True, tag_field="type", tag="disabled"):
    pass


Thinking: TypeAlias = EnabledThinking | AdaptiveThinking | DisabledThinking


class SchemaFormat(Struct, frozen=True, tag_field="type", tag="json_schema"):
    schema: Raw


class TaskBudget(Struct, frozen=True):
    type: Literal["tokens"]
    total: Annotated[int, Meta(ge=TASK_BUDGET_TOKENS_MIN, le=INT64_MAX)]
    remaining: Annotated[int, Meta(ge=0, le=INT64_MAX)] | None = None


class OutputConfig(Struct, frozen=True):
    effort: Verbosity | None = None
    format: SchemaFormat | None = None
    task_budget: TaskBudget | None = None


class Metadata(Struct, frozen=True):
    user_id: str | None = None


class Head(CommonHead, frozen=True, kw_only=True):
    """All documented members but the conversation and its tools."""

    fallbacks: list[dict[str, Raw]] | None = None
    max_tokens: Count | None = None
    stop_sequences: list[str] | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: SchemaFormat | None = None
    """The older place of `output_config.format`."""
    metadata: Metadata | None = None
    context_management: dict[str, Raw] | None = None
    speed: Literal["fast", "standard"] | None = None
    service_tier: ServiceTier | Literal["standard_only"] | None = None
    user: Annotated[str, Meta(max_length=USER_CHARS_MAX)] | None = None

    @property
    def schema(self) -> SchemaFormat | None:
        """What the answer must follow."""
        asked = self.output_config.format if self.output_config is not None else None
        return asked if asked is not None else self.output_format


class ToolIn(Struct, frozen=True, gc=False, kw_only=True):
    """One of `tools`. One without a type, or of type `custom`, is the caller's own; others are named by their type."""

    type: str | None = None
    name: ToolName | None = None
    description: str | None = None
    input_schema: Raw = EMPTY
    strict: bool | None = None
    cache_control: CacheControl | None = None
    eager_input_streaming: bool | None = None


class ToolChoiceIn(Struct, frozen=True):
    type: Literal["auto", "any", "none", "tool"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


HEAD = HeadReader(Head)
tools_decoder = msgspec.json.Decoder(list[ToolIn])
tool_choice_decoder = msgspec.json.Decoder(ToolChoiceIn)

BESIDE_HEAD = frozenset({"messages", "system", "tools", "tool_choice"})
"""Documented members that are decoded on their own."""
FOR_THE_GATEWAY = frozenset(
    {
        "models",
        "fallbacks",
        "preset",
        "provider",
        "plugins",
        "route",
        "session_id",
        "user",
        "trace",
        "stop_server_tools_when",
    }
)
"""Members that no upstream is told."""
