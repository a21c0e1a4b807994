"""From a Messages request to the hub: for upstreams of other formats, and for what routing is told (18.1, 30)."""

from collections.abc import Mapping
from itertools import chain, count

from msgspec import Raw, Struct

from trunkline.protocols.messages.tools_in import ToolsIn
from trunkline.protocols.messages.turns_in import read_turns
from trunkline.protocols.messages.wire_blocks import BlockIn, MessageIn
from trunkline.protocols.messages.wire_request import (
    BESIDE_HEAD,
    FOR_THE_GATEWAY,
    HEAD,
    DisabledThinking,
    EnabledThinking,
    Head,
)
from trunkline.protocols.requests import CacheMarker, GenerationRequest, JsonSchema, Reasoning, Sampling
from trunkline.protocols.wire_types import Verbosity

_ANSWER = "answer"
"""What a schema is called, for which this format has no name."""


class Said(Struct, frozen=True, kw_only=True):
    """What stands in a body, read and checked."""

    members: Mapping[str, Raw]
    head: Head
    system: str | tuple[BlockIn, ...] | None
    messages: tuple[MessageIn, ...]
    tools: ToolsIn
    nesting_max: int

    @property
    def service_tier(self) -> str | None:
        """In the words of inference.md 14; `standard_only` is `default`, and `speed:"fast"` a wish for `priority`."""
        tier, speed = self.head.service_tier, self.head.speed
        if tier == "standard_only":
            return "default"
        return "priority" if tier == "fast" or (tier is None and speed == "fast") else tier

    @property
    def sampling(self) -> Sampling:
        """Length and sampling, as asked."""
        head = self.head
        return Sampling(
            max_tokens=head.max_tokens,
            temperature=head.temperature,
            top_p=head.top_p,
            top_k=head.top_k,
            stop=tuple(head.stop_sequences or ()),
        )

    @property
    def answer_tool(self) -> str | None:
        """A name that none of the caller's tools has, where the answer must follow a schema."""
        if self.head.schema is None:
            return None
        taken = {tool.name for tool in self.tools.functions}
        names = chain((_ANSWER,), (f"{_ANSWER}_{number}" for number in count(2)))
        return next(name for name in names if name not in taken)


def hub_request(said: Said) -> GenerationRequest:
    """The request in no provider's format. Raises InvalidRequest or InvalidPrompt at what is no conversation."""
    head, tools = said.head, said.tools
    turns = read_turns(said.system, said.messages, said.nesting_max)
    schema = head.schema
    return GenerationRequest(
        messages=turns.messages,
        tools=tuple([tool for tool in tools.functions if tool.name not in turns.removed_tools]),
        tool_choice=tools.choice,
        parallel_tool_calls=tools.parallel,
        sampling=said.sampling,
        output=None if schema is None else JsonSchema(_ANSWER, schema.schema),
        reasoning=_reasoning(head),
        verbosity=_verbosity(head),
        service_tier=said.service_tier,
        cache=None if head.cache_control is None else CacheMarker(head.cache_control.ttl),
        stream=bool(head.stream),
        extra={
            name: raw
            for name, raw in said.members.items()
            if name not in HEAD.keys and name not in BESIDE_HEAD and name not in FOR_THE_GATEWAY
        },
    )


def _reasoning(head: Head) -> Reasoning | None:
    """`thinking`, with the effort that guides it. Thinking that is not shown is still carried (7.6)."""
    thinking = head.thinking
    if thinking is None:
        return None
    if isinstance(thinking, DisabledThinking):
        return Reasoning(enabled=False, field="thinking")
    return Reasoning(
        enabled=True,
        effort=_effort(head),
        max_tokens=thinking.budget_tokens if isinstance(thinking, EnabledThinking) else None,
        exclude=thinking.display == "omitted",
        field="thinking",
    )


def _verbosity(head: Head) -> Verbosity | None:
    """An effort without thinking is about the words of the answer (30.4)."""
    return _effort(head) if head.thinking is None or isinstance(head.thinking, DisabledThinking) else None


def _effort(head: Head) -> Verbosity | None:
    return None if head.output_config is None else head.output_config.effort
