"""Requests of the tests: as a chat client says them, and as Gemini is sent them."""

from typing import Any

import msgspec

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.gemini.hosts import AI_STUDIO, Host
from trunkline.protocols.gemini.protocol import GeminiProtocol

NEWEST = "gemini-3-flash-preview"
PNG = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0xLjQK"


def target(model: str = NEWEST, **members: Any) -> UpstreamTarget:
    return UpstreamTarget(
        **{
            "provider": "google-ai-studio",
            "upstream_model": model,
            "supported_parameters": frozenset[str](),
            **members,
        }
    )


def encode(chat: dict[str, Any], to: UpstreamTarget | None = None, *, host: Host = AI_STUDIO) -> dict[str, Any]:
    """The body for a chat request; `messages` defaults to a greeting."""
    body = {"model": "google/some", "messages": [{"role": "user", "content": "Hi"}], **chat}
    hub = to_hub(parse_chat(msgspec.json.encode(body), ParseLimits()))
    return msgspec.json.decode(GeminiProtocol(host).encode(hub, to or target()))


def contents(*messages: dict[str, Any], to: UpstreamTarget | None = None) -> list[dict[str, Any]]:
    return encode({"messages": list(messages)}, to)["contents"]


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def call(identifier: str, name: str, arguments: str = "{}") -> dict[str, Any]:
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


def detail(**members: Any) -> dict[str, Any]:
    return {"format": "google-gemini-v1", "index": 0, **members}
