"""`openrouter/bodybuilder` (routing-and-catalog.md 12.3): a wish in words becomes request bodies as JSON.

    begin       the client's request → one for structured output, with the catalog beside it; before routing
    finish      what a model wrote → the object that the client gets, with every model a routable id; or why not

It costs the caller nothing. An answer that cannot be used is asked for once more, with the reason.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Raw, Struct, structs

from trunkline.catalog.families import family_of
from trunkline.catalog.types import Model
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue, encode, raw
from trunkline.gateway.exchange import Building, Exchange
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.gateway.world import World
from trunkline.protocols.chat.chat_request import ChatRequest
from trunkline.protocols.chat.request import parse_chat
from trunkline.protocols.validation import ParseLimits
from trunkline.routing.types import Plan

BODY_BUILDER: Final = "/bodybuilder"
"""What its names end with, but for variants."""
ATTEMPTS: Final = 2
"""The first, and one repair."""
MODELS_SHOWN: Final = 300
"""Newest first: what the model that writes may choose from."""
BODIES_MAX: Final = 32

_KEPT: Final = frozenset({"model", "provider", "user", "session_id", "metadata", "plugins"})
"""Members of the client's request that are for the gateway."""
_TASK: Final = (
    "You turn the user's wish into request bodies for a chat completions API. Answer with one JSON object, "
    '{"requests": [{"model": "author/name", "messages": [{"role": "user", "content": "…"}]}]}, and nothing else: one '
    "entry for each request that is wished for. `model` is an id of the list below. Each entry has `model` and "
    "`messages` only, unless the user asks for other settings. Do not answer the wish itself.\n\n"
    "Models (id, name, release, family):\n"
)
_SCHEMA: Final[JsonValue] = {
    "type": "json_schema",
    "json_schema": {
        "name": "requests",
        "schema": {
            "type": "object",
            "properties": {
                "requests": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "model": {"type": "string"},
                            "messages": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {"role": {"type": "string"}, "content": {"type": "string"}},
                                    "required": ["role", "content"],
                                },
                            },
                        },
                        "required": ["model", "messages"],
                    },
                }
            },
            "required": ["requests"],
        },
    },
}


class _Turn(Struct, frozen=True):
    role: str


class _Body(Struct, frozen=True):
    """What a model must write of each request; other members are settings, and stay."""

    model: str
    messages: list[Raw]


class _Bodies(Struct, frozen=True):
    requests: list[Raw]


_turn = msgspec.json.Decoder(_Turn)
_body = msgspec.json.Decoder(_Body)
_bodies = msgspec.json.Decoder(_Bodies)
_raws = msgspec.json.Decoder(list[Raw])
_members = msgspec.json.Decoder(dict[str, Raw])


class Unusable(Exception):
    """What was written is no list of request bodies; the message tells the model that wrote it why."""


def begin(exchange: Exchange) -> None:
    """Put the request for structured output in the place of the client's. Raises InvalidRequest."""
    inbound = exchange.inbound
    request = inbound.request
    if not isinstance(inbound, InboundGeneration) or not isinstance(request, ChatRequest) or request.text_completion:
        raise InvalidRequest(
            "The body builder answers chat completions with messages: POST /chat/completions", field="model"
        )
    if len(request.models) > 1:
        raise InvalidRequest("The body builder stands for itself: name no other model beside it", field="models")
    turns = [(_turn.decode(message).role, message) for message in _raws.decode(request.members["messages"])]
    wish = [message for role, message in turns if role not in ("system", "developer")]
    members = {name: value for name, value in request.members.items() if name in _KEPT}
    members["messages"] = raw([{"role": "system", "content": _TASK + _catalog(exchange.world)}, *wish])
    members["response_format"] = raw(_SCHEMA)
    exchange.building = Building(
        members=members,
        systems=tuple(message for role, message in turns if role in ("system", "developer")),
        streamed=request.stream,
    )
    _send_instead(exchange, inbound, members)


def building_plan(decided: Plan) -> Plan:
    """One call, and one repair: at the next candidate, or at the same where there is no other."""
    return structs.replace(decided, attempts=(*decided.attempts, decided.attempts[0])[:ATTEMPTS])


def ask_again(exchange: Exchange, building: Building, written: str, reason: str) -> None:
    """The next attempt is told what was wrong with the last."""
    inbound = exchange.inbound
    assert isinstance(inbound, InboundGeneration)  # `begin` saw to it
    turns = [
        *_raws.decode(building.members["messages"]),
        {"role": "assistant", "content": written or "{}"},
        {"role": "user", "content": f"That cannot be used: {reason} Answer with the corrected JSON object only."},
    ]
    _send_instead(exchange, inbound, {**building.members, "messages": raw(turns)})


def finish(building: Building, written: str, world: World) -> str:
    """The JSON text that the client gets. Raises Unusable."""
    text = written.strip().removeprefix("```json").removeprefix("```").removesuffix("```")
    try:
        requests = _bodies.decode(text).requests
        if not 0 < len(requests) <= BODIES_MAX:
            raise Unusable(f"`requests` must have 1 to {BODIES_MAX} entries.")
        bodies = [_finished(building, request, world) for request in requests]
    except msgspec.MsgspecError as error:
        raise Unusable(f"{error}.") from None
    return encode({"requests": bodies}).decode()


def _finished(building: Building, request: Raw, world: World) -> dict[str, Raw]:
    body = _body.decode(request)
    if not body.messages:
        raise Unusable("`messages` must not be empty.")
    model = _routable(body.model, world)
    if model is None:
        raise Unusable(f"no model is called {body.model!r}: use an id of the list.")
    members = _members.decode(request)
    return {**members, "model": raw(model), "messages": raw([*building.systems, *body.messages])}


def _routable(name: str, world: World) -> str | None:
    """Its id; for an unknown name, the newest model of the family that it names (12.3 rule 2)."""
    snapshot, wanted = world.snapshot, name.strip().lower()
    known = snapshot.names.get(wanted)
    if known is not None and _is_served(snapshot.models[known], world):
        return known
    family = family_of(wanted if "/" in wanted else f"/{wanted}")
    author = wanted.partition("/")[0] if "/" in wanted else ""
    lines = [
        line
        for alias, line in snapshot.families.items()
        if alias.endswith(f"/{family}-latest") and (not author or alias == f"~{author}/{family}-latest")
    ]
    for model_id in (model_id for line in lines for model_id in line):
        if _is_served(snapshot.models[model_id], world):
            return model_id
    return None


def _is_served(model: Model, world: World) -> bool:
    return not model.private_to and any(map(world.is_callable, model.endpoints))


def _catalog(world: World) -> str:
    models = [
        model
        for model in world.snapshot.models.values()
        if model.operation == "chat" and model.variant == "standard" and _is_served(model, world)
    ]
    return "\n".join(f"{model.id}, {model.name}, {model.created_s}, {model.family}" for model in models[:MODELS_SHOWN])


def _send_instead(exchange: Exchange, inbound: InboundGeneration, members: Mapping[str, Raw]) -> None:
    messages: Sequence[Raw] = _raws.decode(members["messages"])
    limits = ParseLimits(messages_max=len(messages), models_max=1)
    request = parse_chat(encode(members), limits)
    exchange.inbound = structs.replace(inbound, request=request)
    exchange.request = request
