"""Which endpoints may be given a shortened conversation, and how short: routing-and-catalog.md 17 rules 1 and 2.

How messages are shortened is `protocols/compression.py`.
"""

from typing import Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.catalog.types import Endpoint, Model
from trunkline.core.errors import InvalidRequest
from trunkline.routing.types import RoutingQuery

_PLUGIN = "context-compression"
SMALL_WINDOW_TOKENS = 8192
"""Endpoints with a window of at most this compress unless the request says otherwise."""
OUTPUT_ASSUMED_TOKENS = 1024
"""Room for the answer where the request names none, unless the endpoint writes less or has no such window."""


class _Named(Struct, frozen=True):
    id: str = ""


class _Plugin(Struct, frozen=True):
    enabled: bool | None = None
    engine: Literal["middle-out"] | None = None


_raws = msgspec.json.Decoder(list[Raw])
_named = msgspec.json.Decoder(_Named)
_plugin = msgspec.json.Decoder(_Plugin)


def compression_of(plugins: Raw) -> bool | None:
    """What a request's `plugins` say of compression: on, off, or nothing; the last entry of the plugin counts.

    Raises InvalidRequest for settings that it does not have.
    """
    if _PLUGIN.encode() not in bytes(plugins):
        return None
    entries = [entry for entry in _raws.decode(plugins) if _named.decode(entry).id == _PLUGIN]
    if not entries:
        return None
    try:
        return _plugin.decode(entries[-1]).enabled is not False
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"plugins ({_PLUGIN}): {error}", field="plugins") from None


def is_active(endpoint: Endpoint, model: Model, query: RoutingQuery) -> bool:
    """Whether the conversation may be shortened for this endpoint."""
    if endpoint.context_length is None or query.operation != "chat" or set(model.output_modalities) == {"image"}:
        return False
    if query.compression is not None:
        return query.compression
    return endpoint.context_length <= SMALL_WINDOW_TOKENS


def budget_tokens(endpoint: Endpoint, query: RoutingQuery) -> int:
    """What prompt and tools together may take up of the endpoint's window."""
    room = (endpoint.context_length or 0) - _output_tokens(endpoint, query)
    return room if endpoint.max_prompt_tokens is None else min(room, endpoint.max_prompt_tokens)


def compressed_to(endpoint: Endpoint, model: Model, query: RoutingQuery) -> int | None:
    """The budget that the prompt must be cut to; None: it fits with room for an answer, or may not be cut.

    Nobody is asked this by default of an endpoint that the prompt fits: it is not cut only for room.
    """
    budget = budget_tokens(endpoint, query)
    return None if query.prompt_tokens_estimate <= budget or not is_active(endpoint, model, query) else budget


def compressible(
    survivors: list[Endpoint], fitting: list[Endpoint], model: Model, query: RoutingQuery
) -> list[Endpoint]:
    """Of those that do not fit: the ones that hold half of what is required, else, when nothing fits, the largest.

    Small windows that compress only by default do not compete with endpoints that take the whole conversation.
    """
    if query.compression is False or (query.compression is None and fitting):
        return []
    output = query.max_output_tokens or 0
    able = [
        endpoint
        for endpoint in survivors
        if endpoint not in fitting
        and is_active(endpoint, model, query)
        and (endpoint.max_output_tokens is None or output <= endpoint.max_output_tokens)
        and budget_tokens(endpoint, query) > 0
    ]
    large = [e for e in able if 2 * (e.context_length or 0) >= query.prompt_tokens_estimate + _output_tokens(e, query)]
    if large or fitting or not able:
        return large
    longest = max(endpoint.context_length or 0 for endpoint in able)
    return [endpoint for endpoint in able if endpoint.context_length == longest]


def _output_tokens(endpoint: Endpoint, query: RoutingQuery) -> int:
    if query.max_output_tokens is not None:
        return query.max_output_tokens
    half_of_window = (endpoint.context_length or 0) // 2
    return min(OUTPUT_ASSUMED_TOKENS, endpoint.max_output_tokens or OUTPUT_ASSUMED_TOKENS, half_of_window)
