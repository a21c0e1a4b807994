"""The counter of upstreams of this format (inference.md 18.6)."""

from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.messages.hub_request import Said
from trunkline.protocols.messages.native_request import edit_request, native_headers
from trunkline.protocols.token_count import CounterCall

_PATH: Final = "messages/count_tokens"
_TAKEN: Final = frozenset(
    {
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "cache_control",
        "context_management",
        "mcp_servers",
        "output_config",
        "output_format",
    }
)
"""Members that the counter takes; it refuses those of sampling and length."""


class _Counted(Struct):
    input_tokens: int


_counted: Final = msgspec.json.Decoder(_Counted)


def counter_call(said: Said, target: UpstreamTarget, betas: tuple[str, ...]) -> CounterCall | None:
    """The request that would be sent, without what says nothing of its prompt. Vertex counts elsewhere: None."""
    if target.protocol != "anthropic-messages":
        return None
    members = json.members(edit_request(said, target))
    body = json.encode({name: raw for name, raw in members.items() if name in _TAKEN})
    return CounterCall(_PATH, native_headers(target, betas), body)


def read_count(data: bytes) -> int | None:
    """The count of a counter's answer."""
    try:
        tokens = _counted.decode(data).input_tokens
    except UNREADABLE:
        return None
    return tokens if 0 <= tokens <= TOKENS_MAX else None
