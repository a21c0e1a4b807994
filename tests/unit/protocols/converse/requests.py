"""Chat requests as the bodies that an endpoint of this format is sent."""

from typing import Any

from tests.unit.protocols.messages.requests import hub, plain
from tests.unit.protocols.messages.requests import target as endpoint
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.request import encode_request

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
PDF = "data:application/pdf;base64,JVBERi0xLjQK"
MARK: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
CACHED: dict[str, Any] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
POINT: dict[str, Any] = {"cachePoint": {"type": "default"}}
POINT_1H: dict[str, Any] = {"cachePoint": {"type": "default", "ttl": "1h"}}
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "description": "How it is", "strict": True},
}
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}}
FORMAT: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA}}


def target(model: str = CLAUDE, **fields: Any) -> UpstreamTarget:
    return endpoint(model, **fields)


def sent(model: str = CLAUDE, messages: list[Any] | None = None, **members: Any) -> dict[str, Any]:
    """The body that is sent to `model` for a chat request."""
    return plain(encode_request(hub(messages, **members), target(model)))


def file(name: str, url: str = PDF) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": url}}
