"""What gateways resell: their own lists, read once after the start (catalog README, "Gateways").

As with local engines (`discovery.py`), what is found are entries in the form of `[[endpoints]]`, here with the prices
that the gateway names. A model that the catalog does not know becomes one of its own.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.catalog.types import Model, Snapshot
from trunkline.core.json import JsonValue
from trunkline.protocols.lenient_json import text_of
from trunkline.providers.discovery import Discovered
from trunkline.providers.types import ProviderRuntime, Providers
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamRequest

LIST_BYTES_MAX: Final = 16 * 1024 * 1024
MODELS_MAX: Final = 2_000
"""Models that are taken from one gateway."""
_TIMEOUT_S: Final = 20.0
_OK: Final = 200
_FREE: Final = ":free"
_MILLION: Final = 1_000_000
_CHAT: Final = ("max_tokens", "temperature", "top_p", "stop", "seed", "frequency_penalty", "presence_penalty")
"""What every server of chat completions takes."""

Entry = Mapping[str, JsonValue]


class _Architecture(Struct, frozen=True):
    input_modalities: tuple[str, ...] = ("text",)
    output_modalities: tuple[str, ...] = ("text",)


class _TopProvider(Struct, frozen=True):
    max_completion_tokens: int | None = None


class _Price(Struct, frozen=True):
    """US dollars for a million tokens."""

    input: Decimal
    output: Decimal


class _Host(Struct, frozen=True):
    """One host behind Hugging Face's router."""

    provider: str
    status: str = "live"
    context_length: int | None = None
    pricing: _Price | None = None
    supports_tools: bool = False
    supports_structured_output: bool = False


class _Listed(Struct, frozen=True):
    """A model in a list of either gateway; each has members of its own."""

    id: str
    architecture: _Architecture = _Architecture()
    context_length: int | None = None
    pricing: dict[str, Raw] = {}
    supported_parameters: list[str] = []
    top_provider: _TopProvider = _TopProvider()
    providers: list[_Host] = []


class _List(Struct, frozen=True):
    data: list[Raw] = []


_list = msgspec.json.Decoder(_List)
_listed = msgspec.json.Decoder(_Listed)


async def list_gateways(providers: Providers, snapshot: Snapshot, upstream: Upstream) -> tuple[Discovered, ...]:
    """Ask every enabled gateway. One that fails is left out, and serves nothing until the next start."""
    found = await asyncio.gather(*(_ask(runtime, snapshot, upstream) for runtime in _gateways(providers)))
    return tuple(one for one in found if one is not None)


def any_gateway(providers: Providers) -> bool:
    """Whether there is one to ask."""
    return bool(_gateways(providers))


def _gateways(providers: Providers) -> list[ProviderRuntime]:
    return [one for one in providers.by_slug.values() if one.provider.slug in _READERS and one.serves_all]


async def _ask(runtime: ProviderRuntime, snapshot: Snapshot, upstream: Upstream) -> Discovered | None:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            listed = await _models_of(runtime, upstream)
    except (TimeoutError, UpstreamFailed, msgspec.MsgspecError):
        return None
    provider = runtime.provider
    read = _READERS[provider.slug]
    entries = tuple(entry for one in listed for entry in read(one, snapshot))
    if not entries:
        return None
    return Discovered(provider=provider.slug, name=provider.name, base_url=runtime.base_url, endpoints=entries)


async def _models_of(runtime: ProviderRuntime, upstream: Upstream) -> Sequence[_Listed]:
    """Raises UpstreamFailed, or msgspec's errors for an answer that is no list. A model that cannot be read is none."""
    discovery = runtime.provider.discovery
    response = await upstream.open(
        UpstreamRequest(
            method="GET",
            url=runtime.base_url + ("/models" if discovery is None else discovery.models),
            headers=runtime.headers,
            body=b"",
            connect_timeout_s=runtime.connect_timeout_s,
            read_timeout_s=runtime.read_timeout_s,
            proxy_url=runtime.proxy_url,
        )
    )
    try:
        data = await response.read_all(LIST_BYTES_MAX) if response.status == _OK else b"{}"
    finally:
        response.cancel()
    listed: list[_Listed] = []
    for raw in _list.decode(data).data[:MODELS_MAX]:
        try:
            listed.append(_listed.decode(raw))
        except msgspec.ValidationError:
            continue
    return listed


def _of_openrouter(listed: _Listed, snapshot: Snapshot) -> Iterator[Entry]:
    """Ids are ours, free variants among them. Aliases, routers (whose price is not told) and other variants are not."""
    model_id = listed.id.removesuffix(_FREE)
    is_free = model_id != listed.id
    prices = {name: price for name, raw in listed.pricing.items() if (price := text_of(raw))}
    if model_id.startswith("~") or ":" in model_id or "text" not in listed.architecture.output_modalities:
        return
    if any(price.startswith("-") for price in prices.values()):
        return
    yield {
        "model": snapshot.names.get(model_id.lower(), model_id),
        "provider": "openrouter",
        "tag": "openrouter/free" if is_free else "openrouter",
        "variant": "free" if is_free else "standard",
        "protocol": "openai-chat",
        "upstream_model": listed.id,
        "context_length": listed.context_length,
        "max_output_tokens": listed.top_provider.max_completion_tokens,
        "pricing": {name: price for name, price in prices.items() if name in _PRICES},
        "supported_parameters": list(listed.supported_parameters),
        "input_modalities": list(listed.architecture.input_modalities),
    }


_PRICES: Final = frozenset(
    {"prompt", "completion", "request", "image", "web_search", "internal_reasoning"}
    | {"input_cache_read", "input_cache_write", "input_cache_write_1h", "audio", "audio_output", "image_output"}
)


def _of_hugging_face(listed: _Listed, snapshot: Snapshot) -> Iterator[Entry]:
    """Each host is an endpoint with its own price; the router takes its name behind the model's."""
    if "text" not in listed.architecture.output_modalities:
        return
    model = _open_models(snapshot).get(listed.id.lower())
    for host in listed.providers:
        if host.status != "live":
            continue
        parameters = [*_CHAT]
        parameters += ["tools", "tool_choice"] if host.supports_tools else []
        parameters += ["response_format", "structured_outputs"] if host.supports_structured_output else []
        entry: dict[str, JsonValue] = {
            "model": listed.id.lower() if model is None else model.id,
            "provider": "huggingface",
            "tag": f"huggingface/{host.provider}",
            "protocol": "openai-chat",
            "upstream_model": f"{listed.id}:{host.provider}",
            "context_length": host.context_length,
            "supported_parameters": [*parameters],
            "input_modalities": [*listed.architecture.input_modalities],
        }
        if host.pricing is not None:
            entry["pricing"] = {
                "prompt": f"{host.pricing.input / _MILLION:f}",
                "completion": f"{host.pricing.output / _MILLION:f}",
            }
        yield entry


def _open_models(snapshot: Snapshot) -> Mapping[str, Model]:
    standard = (model for model in snapshot.models.values() if model.variant == "standard")
    return {model.hugging_face_id.lower(): model for model in standard if model.hugging_face_id is not None}


_READERS: Final[Mapping[str, Callable[[_Listed, Snapshot], Iterator[Entry]]]] = {
    "openrouter": _of_openrouter,
    "huggingface": _of_hugging_face,
}
