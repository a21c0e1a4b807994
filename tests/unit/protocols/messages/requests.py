"""Chat requests as the bodies that an endpoint of this format is sent."""

from typing import Any

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.messages.upstream import encode_upstream
from trunkline.protocols.requests import GenerationRequest

HI = [{"role": "user", "content": "Hi"}]
PNG = "data:image/png;base64,iVBORw0KGgo="


def target(model: str = "claude-sonnet-4-5", **fields: Any) -> UpstreamTarget:
    facts: dict[str, Any] = {
        "provider": "acme",
        "upstream_model": model,
        "supported_parameters": frozenset[str](),
        "max_output_tokens": 64_000,
    }
    return UpstreamTarget(**(facts | fields))


def hub(messages: list[Any] | None = None, **members: Any) -> GenerationRequest:
    """A chat request as the hub's."""
    return to_hub(parse_chat(json.encode({"messages": messages or HI, **members}), ParseLimits()))


def sent(model: str = "claude-sonnet-4-5", messages: list[Any] | None = None, **members: Any) -> dict[str, Any]:
    """The body that is sent to `model` for a chat request."""
    return plain(encode_upstream(hub(messages, **members), target(model)))


def plain(body: bytes) -> dict[str, Any]:
    value = json.value(body)
    assert isinstance(value, dict)
    return value


def call(call_id: str, arguments: str, name: str = "weather") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def text(words: str, **members: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **members}
