"""The hub's request as a generateContent body (inference.md 30)."""

from typing import Final

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.gemini.contents import Conversation, write_conversation
from trunkline.protocols.gemini.generation_config import generation_config
from trunkline.protocols.gemini.hosts import AI_STUDIO, Host
from trunkline.protocols.gemini.prompt_cache import CacheableRequest, cacheable_request
from trunkline.protocols.gemini.tools import tool_members
from trunkline.protocols.requests import GenerationRequest

LEAST_RESTRICTIVE: Final = tuple(
    {"category": f"HARM_CATEGORY_{category}", "threshold": "OFF"}
    for category in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
)
"""Nothing is filtered unless an operator lets callers say otherwise (passthrough of `safetySettings`)."""


def encode_request(hub: GenerationRequest, target: UpstreamTarget, host: Host = AI_STUDIO) -> bytes:
    """The body for one endpoint; what it does not take is left out. `stream` and the model are in the path.

    Cache markers have no counterpart in it: see `encode_cacheable`. Raises InvalidRequest and InvalidPrompt as
    `write_conversation` and `generation_config`.
    """
    return json.encode(_members(hub, target, host)[0])


def encode_cacheable(
    hub: GenerationRequest, target: UpstreamTarget, host: Host = AI_STUDIO
) -> tuple[bytes, CacheableRequest | None]:
    """The body, and how it would be said with a cached content, where cache markers ask for one (12.2, 30.6)."""
    body, conversation = _members(hub, target, host)
    tools_marked = any(tool.cache is not None for tool in hub.tools)
    cacheable = None
    if tools_marked or conversation.marked:
        tokens_min = host.family(target.upstream_model).cache_tokens_min
        resource = host.resource(target.upstream_model)
        cacheable = cacheable_request(
            body, conversation, resource=resource, tools_marked=tools_marked, tokens_min=tokens_min
        )
    return json.encode(body), cacheable


def _members(hub: GenerationRequest, target: UpstreamTarget, host: Host) -> tuple[dict[str, object], Conversation]:
    family = host.family(target.upstream_model)
    conversation = write_conversation(hub.messages, family, call_ids=host.call_ids)
    body: dict[str, object] = {"contents": conversation.contents}
    if conversation.system:
        body["systemInstruction"] = {"parts": conversation.system}
    body |= tool_members(hub, target, family, announces_search=host.announces_search)
    config = generation_config(hub, target, family)
    if config:
        body["generationConfig"] = config
    body["safetySettings"] = LEAST_RESTRICTIVE
    body |= {name: raw for name, raw in hub.extra.items() if name in target.passthrough}
    return body, conversation
