"""Local engines that answer on this machine, and the models that they list (operating.md OP-12).

Runs in the background after the start and never delays it. What it finds are entries in the form of `[[endpoints]]`,
so that the catalog is built from them as from the operator's own (`catalog.snapshot.build_snapshot`). Prices are
zero: the machine is the operator's. An engine's window is read from its list of models where that has it.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from trunkline.catalog.types import Model, Provider, Snapshot
from trunkline.core.json import JsonValue
from trunkline.providers import environment
from trunkline.providers.adapter import complete_headers
from trunkline.providers.environment import Environ
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamRequest
from trunkline.settings import ProviderSettings, Settings

LIST_BYTES_MAX = 1_000_000
MODELS_MAX = 500
"""Models that are taken from one engine."""
_OK = 200
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104 -- compared, not bound
_VARIANT_END = re.compile(r":(free|extended|thinking|nitro|floor|exacto|online)$")
_FREE_OF_CHARGE: dict[str, JsonValue] = {"prompt": "0", "completion": "0"}


class Engine(Struct, frozen=True, kw_only=True):
    """A local engine that may be there."""

    provider: Provider
    base_url: str
    api_key: str | None


class Discovered(Struct, frozen=True, kw_only=True):
    """A local engine that is there. `endpoints` are `[[endpoints]]` entries, one for each model that it serves."""

    provider: str
    """Slug."""
    name: str
    base_url: str
    endpoints: tuple[Mapping[str, JsonValue], ...]


class _Meta(Struct):
    n_ctx: int | None = None
    n_ctx_train: int | None = None


class _Listed(Struct):
    id: str
    max_model_len: int | None = None
    """vLLM, SGLang."""
    meta: _Meta | None = None
    """llama.cpp."""

    @property
    def context_length(self) -> int | None:
        if self.max_model_len is not None:
            return self.max_model_len
        return None if self.meta is None else self.meta.n_ctx or self.meta.n_ctx_train


class _List(Struct):
    data: list[_Listed] | None = None


_decoder = msgspec.json.Decoder(_List)


async def discover(
    settings: Settings, snapshot: Snapshot, upstream: Upstream, environ: Environ
) -> tuple[Discovered, ...]:
    """Ask all engines at once, each for at most `discovery.timeout_seconds`. Silence and nonsense mean: not there."""
    asked = tuple(engines(settings, snapshot, environ))
    found = await asyncio.gather(*(_ask(engine, snapshot, settings, upstream) for engine in asked))
    return tuple(one for one in found if one is not None)


def engines(settings: Settings, snapshot: Snapshot, environ: Environ) -> Iterator[Engine]:
    """Whom to ask: engines that the operator named, and the usual loopback ports unless that is switched off.

    Our own address is left out, and where two engines usually share a port the first in the catalog has it.
    """
    taken: set[tuple[str, int | None]] = set()
    if settings.server.host in _LOOPBACK:
        taken.add(("loopback", settings.server.port))
    for provider in snapshot.providers.values():
        given = settings.providers.get(provider.slug)
        if provider.kind != "local" or (given is not None and not given.enabled):
            continue
        url = _named(provider, given, settings, environ)
        if url is None:
            url = provider.base_url if settings.discovery.local_engines else None
        if url is None or (place := _place(url)) in taken:
            continue
        taken.add(place)
        key = given.api_key if given is not None else None
        yield Engine(provider=provider, base_url=url, api_key=key or environment.api_key(provider, environ))


def _named(provider: Provider, given: ProviderSettings | None, settings: Settings, environ: Environ) -> str | None:
    """The address that the operator named, the settings' before the environment's; an empty section means the usual."""
    if given is not None and given.base_url is not None:
        return given.base_url.rstrip("/")
    named = environment.engine_url(provider, environ) if settings.discovery.environment else None
    return named or (provider.base_url if given is not None else None)


def _place(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    return ("loopback" if parts.hostname in _LOOPBACK else parts.hostname or "", parts.port)


async def _ask(engine: Engine, snapshot: Snapshot, settings: Settings, upstream: Upstream) -> Discovered | None:
    try:
        async with asyncio.timeout(settings.discovery.timeout_seconds):
            listed = await _list_models(engine, settings, upstream)
    except (TimeoutError, UpstreamFailed, msgspec.MsgspecError):
        return None
    if not listed:
        return None
    return Discovered(
        provider=engine.provider.slug,
        name=engine.provider.name,
        base_url=engine.base_url,
        endpoints=tuple(_entries(engine, listed, snapshot)),
    )


async def _list_models(engine: Engine, settings: Settings, upstream: Upstream) -> Sequence[_Listed]:
    """Raises UpstreamFailed, or msgspec's errors for an answer that is no list of models."""
    wait_s = settings.discovery.timeout_seconds
    response = await upstream.open(
        UpstreamRequest(
            method="GET",
            url=f"{engine.base_url}{engine.provider.models_path or '/models'}",
            headers=complete_headers(engine.provider.auth, engine.api_key, {}),
            body=b"",
            connect_timeout_s=wait_s,
            read_timeout_s=wait_s,
        )
    )
    try:
        if response.status != _OK:
            return ()
        return (_decoder.decode(await response.read_all(LIST_BYTES_MAX)).data or ())[:MODELS_MAX]
    finally:
        response.cancel()


def _entries(engine: Engine, listed: Sequence[_Listed], snapshot: Snapshot) -> Iterator[Mapping[str, JsonValue]]:
    slug = engine.provider.slug
    known = _names_of_open_models(snapshot)
    given_away: set[str] = set()
    for one in listed:
        model = known.get(_plain(one.id))
        if model is None and "embed" in one.id.lower():
            continue  # its operation cannot be told from a list; the operator may name it in [[models]]
        model_id = model.id if model is not None and model.id not in given_away else _own_id(slug, one.id)
        if model_id in given_away:
            continue
        given_away.add(model_id)
        entry: dict[str, JsonValue] = {
            "model": model_id,
            "provider": slug,
            "tag": slug,
            "protocol": "openai-chat",
            "base_url": engine.base_url,
            "upstream_model": one.id,
            "pricing": _FREE_OF_CHARGE,
        }
        if one.context_length is not None and one.context_length > 0:
            entry["context_length"] = one.context_length
        yield entry


def _names_of_open_models(snapshot: Snapshot) -> dict[str, Model]:
    """Plain name → chat model that anybody may run: by its Hugging Face id, with and without owner, and its slug."""
    known: dict[str, Model] = {}
    for model in snapshot.models.values():
        if model.operation != "chat" or model.variant != "standard" or model.hugging_face_id is None:
            continue
        for name in (model.hugging_face_id, model.hugging_face_id.rpartition("/")[2], model.id.rpartition("/")[2]):
            known.setdefault(_plain(name), model)
    return known


def _plain(name: str) -> str:
    """A model's name without what engines add to it: folders, file endings, tags that mean "the usual one"."""
    plain = name.lower().removesuffix(":latest").removesuffix(".gguf").removesuffix("-gguf")
    owner, slash, rest = plain.rpartition("/")
    return plain if slash and "/" not in owner and owner not in ("", ".") else rest


def _own_id(slug: str, name: str) -> str:
    """The id of a model that the catalog does not know: the engine's slug and the engine's own name for it."""
    plain = re.sub(r"[^\w.:-]+", "-", name, flags=re.ASCII).strip("-._:") or "model"
    return f"{slug}/" + _VARIANT_END.sub(r"-\1", plain)
