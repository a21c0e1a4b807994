"""What a listing has different from the catalog: new, gone, and for what both have, fact by fact."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from msgspec import Struct

from trunkline.catalog.entries import Catalog, EndpointEntry, ModelEntry
from trunkline.catalog.price_sheets import price_sheet
from trunkline.catalog.prices import PriceKey
from trunkline.catalog.sync.listings import Listing, Offer
from trunkline.core.json import JsonValue
from trunkline.core.money import AttoUsd, format_price

Group = Literal["prices", "limits", "parameters", "models"]
"""What can be taken over by itself; `models` are new ones."""
GROUPS: Final[tuple[Group, ...]] = ("prices", "limits", "parameters", "models")
Kind = Literal["new", "changed", "gone"]

JUMP: Final = 3
"""So many times dearer or cheaper is more often a mistake of the listing than a price."""
_INPUTS: Final = frozenset({"input_cache_read", "input_cache_write", "audio", "image_token", "input_audio_cache"})
_EACH: Final = frozenset({"request", "image", "web_search"})
_SPELLINGS: Final = frozenset({"max_completion_tokens", "reasoning_effort", "include_reasoning"})
"""Other names of parameters that are listed by themselves."""
_NOT_CHAT: Final = ("embed", "rerank", "whisper", "tts", "transcri", "moderation", "image", "video", "audio")
"""Parts of names that say that a model is not talked with, in listings that do not tell."""


class Fact(Struct, frozen=True, kw_only=True):
    """One thing that differs, as people read it."""

    group: Group
    name: str
    """`prompt`, `context_length` …"""
    before: str
    after: str
    percent: float | None = None
    is_jump: bool = False
    """To or from nothing, or JUMP times: taken over only when that is asked for."""
    is_overruled: bool = False
    """The operator's own entry says something else, and wins."""


class Difference(Struct, frozen=True, kw_only=True):
    """An endpoint that differs."""

    kind: Kind
    model: str
    provider: str
    tag: str
    offer: Offer | None
    """None: the listing has none."""
    facts: tuple[Fact, ...] = ()


class Comparison(Struct, frozen=True, kw_only=True):
    """Everything that differs."""

    differences: tuple[Difference, ...]
    same: int
    """Offers in which nothing differs."""
    passed_over: Mapping[str, int]
    """Why offers could not be compared → how many."""


class Known(Struct, frozen=True, kw_only=True):
    """What offers are compared with."""

    catalog: Catalog
    """Without the operator's own entries."""
    names: Mapping[str, str]
    """`Snapshot.names` of it."""
    provider_names: Mapping[str, str]
    overruled: Mapping[tuple[str, str], frozenset[str]]
    """(model, provider slug) → the fields that the operator's entries set."""


def compare(listing: Listing, known: Known, only_providers: frozenset[str] = frozenset()) -> Comparison:
    """Offer by offer, then what no offer names although its provider is listed. `only_providers`: slugs; empty: all."""
    run = _Run(known, listing.passed_over)
    for offer in listing.offers:
        provider = _provider_of(offer, known)
        if provider is None:
            run.passed_over["of no provider of this catalog"] += 1
        elif not only_providers or provider in only_providers:
            run.take(offer, provider)
    if any(offer.provider is not None for offer in listing.offers):
        run.found += _gone(known.catalog, run.listed, run.seen)
    return Comparison(differences=tuple(run.found), same=run.same, passed_over=run.passed_over)


class _Run:
    """A comparison under way."""

    def __init__(self, known: Known, passed_over: Mapping[str, int]) -> None:
        self.found: list[Difference] = []
        self.listed: set[str] = set()
        self.seen: set[tuple[str, str]] = set()
        self.same = 0
        self.passed_over = Counter(passed_over)
        self._known = known
        self._index = _by_upstream_name(known.catalog)

    def take(self, offer: Offer, provider: str) -> None:
        """The next offer, of a provider of ours."""
        self.listed.add(provider)
        place = _place(offer, provider, self._known, self._index)
        if isinstance(place, str):
            self.passed_over[place] += 1
            return
        model, endpoint = place
        if model is not None and endpoint is not None:
            self._take_known(offer, model, endpoint)
        elif (new := _new(offer, provider, model)) is not None:
            self.found.append(new)
        else:
            self.passed_over["perhaps no chat model"] += 1

    def _take_known(self, offer: Offer, model: ModelEntry, endpoint: EndpointEntry) -> None:
        provider = endpoint.provider
        self.seen.add((model.id, endpoint.tag))
        facts = tuple(_facts(offer, endpoint, self._known.overruled.get((model.id, provider), frozenset())))
        if not facts:
            self.same += 1
            return
        self.found.append(
            Difference(kind="changed", model=model.id, provider=provider, tag=endpoint.tag, offer=offer, facts=facts)
        )


_Index = Mapping[tuple[str, str], list[tuple[ModelEntry, EndpointEntry]]]


def _by_upstream_name(catalog: Catalog) -> _Index:
    index: dict[tuple[str, str], list[tuple[ModelEntry, EndpointEntry]]] = {}
    for model in catalog.models.values():
        for endpoint in model.endpoints:
            index.setdefault((endpoint.provider, endpoint.upstream_model), []).append((model, endpoint))
    return index


def _provider_of(offer: Offer, known: Known) -> str | None:
    """Slug of who serves. Where the listing does not say, the author's own service, unless the weights are open."""
    if offer.provider is not None:
        return known.provider_names.get(offer.provider.lower())
    model_id = known.names.get(offer.base_name.lower())
    model = None if model_id is None else known.catalog.models.get(model_id.removesuffix(":free"))
    if model is not None and model.open_weights:
        return None
    return known.provider_names.get(offer.name.partition("/")[0].lower())


def _place(
    offer: Offer, provider: str, known: Known, index: _Index
) -> tuple[ModelEntry | None, EndpointEntry | None] | str:
    """The endpoint that is offered, else its model, else nothing; or why it cannot be told."""
    variant = "free" if offer.is_free else "standard"
    matches = index.get((provider, offer.name)) or index.get((provider, offer.base_name), [])
    model_id = known.names.get(offer.base_name.lower())
    model = None if model_id is None else known.catalog.models.get(model_id.removesuffix(":free"))
    if not matches and offer.provider is None and model is not None:
        matches = [(model, endpoint) for endpoint in model.endpoints if endpoint.provider == provider]
    matches = [
        (each, endpoint) for each, endpoint in matches if endpoint.variant == variant and endpoint.tier == "default"
    ]
    if len(matches) > 1:
        matches = [(each, endpoint) for each, endpoint in matches if endpoint.tag == provider] or matches
    if len(matches) > 1:
        return "served in several places there: it does not say which is meant"
    return matches[0] if matches else (model, None)


def _facts(offer: Offer, endpoint: EndpointEntry, overruled: frozenset[str]) -> Iterator[Fact]:
    if offer.prices is not None:
        yield from _prices(offer.prices, endpoint, is_overruled="pricing" in overruled)
    limits = (
        ("context_length", endpoint.context_length, offer.context_length),
        ("max_output_tokens", endpoint.max_output_tokens, offer.max_output_tokens),
    )
    for name, before, after in limits:
        if after is not None and after != before:
            yield Fact(
                group="limits",
                name=name,
                before="-" if before is None else f"{before:,}",
                after=f"{after:,}",
                percent=_percent(before, after),
                is_overruled=name in overruled,
            )
    if offer.ends is not None and offer.ends != endpoint.deprecation_date:
        yield Fact(
            group="limits",
            name="deprecation_date",
            before=endpoint.deprecation_date or "-",
            after=offer.ends,
            is_overruled="deprecation_date" in overruled,
        )
    if offer.parameters is not None and (change := _parameters(offer.parameters, endpoint.supported_parameters)):
        yield Fact(
            group="parameters",
            name="supported_parameters",
            before=f"{len(endpoint.supported_parameters)}",
            after=change,
            is_overruled="supported_parameters" in overruled,
        )


def _prices(listed: Mapping[PriceKey, AttoUsd], endpoint: EndpointEntry, *, is_overruled: bool) -> Iterator[Fact]:
    sheet = price_sheet(endpoint.pricing)
    for key, after in listed.items():
        before = sheet.base.get(key)
        if before == after or (before is None and after == _implied(key, listed)):
            continue
        yield Fact(
            group="prices",
            name=key,
            before="-" if before is None else format_price(before),
            after=format_price(after),
            percent=_percent(before, after),
            is_jump=before is not None and is_jump(before, after),
            is_overruled=is_overruled,
        )


def is_jump(before: int, after: int) -> bool:
    """To or from nothing, or JUMP times."""
    return not before or not after or after >= JUMP * before or before >= JUMP * after


def _implied(key: PriceKey, listed: Mapping[PriceKey, AttoUsd]) -> int:
    """What a class without a price of its own costs (catalog README, "Pricing" rule 1)."""
    if key in _EACH:
        return 0
    return listed.get("prompt" if key in _INPUTS else "completion", AttoUsd(0))


def _percent(before: int | None, after: int) -> float | None:
    return None if not before else round(100 * (after - before) / before, 1)


def _parameters(listed: Iterable[str], known: Iterable[str]) -> str:
    """`+seed -logprobs`; empty when they are the same."""
    more, fewer = sorted({*listed} - {*known} - _SPELLINGS), sorted({*known} - {*listed} - _SPELLINGS)
    return " ".join([*(f"+{name}" for name in more), *(f"-{name}" for name in fewer)])


def _new(offer: Offer, provider: str, model: ModelEntry | None) -> Difference | None:
    """An endpoint that is not there yet; None where it could be for anything but conversation."""
    outputs = offer.output_modalities or ("text",)
    if "text" not in outputs or (model is not None and model.operation != "chat"):
        return None
    if model is None and any(word in offer.name.lower() for word in _NOT_CHAT):
        return None
    name = offer.base_name.lower()
    if offer.provider is None:
        unknown = Fact(
            group="models", name="endpoint", before="-", after="unknown: the listing does not say who serves it"
        )
        return Difference(kind="new", model=name, provider=provider, tag="-", offer=None, facts=(unknown,))
    facts = [Fact(group="models", name="upstream_model", before="-", after=offer.name)]
    facts += [
        Fact(group="models", name=key, before="-", after=format_price(price))
        for key, price in (offer.prices or {}).items()
    ]
    return Difference(
        kind="new",
        model=model.id if model is not None else name if "/" in name else f"{provider}/{name}",
        provider=provider,
        tag=f"{provider}/free" if offer.is_free else provider,
        offer=offer,
        facts=tuple(facts),
    )


def _gone(catalog: Catalog, listed: set[str], seen: set[tuple[str, str]]) -> Iterator[Difference]:
    """Chat endpoints of the listed providers that the listing does not name."""
    for model in catalog.models.values():
        if model.operation != "chat":
            continue
        for endpoint in model.endpoints:
            is_plain = endpoint.tag == endpoint.provider and endpoint.enabled
            if endpoint.provider in listed and is_plain and (model.id, endpoint.tag) not in seen:
                yield Difference(kind="gone", model=model.id, provider=endpoint.provider, tag=endpoint.tag, offer=None)


def overruled_fields(
    endpoints: Iterable[Mapping[str, JsonValue]],
    names: Mapping[str, str],
    provider_names: Mapping[str, str],
) -> dict[tuple[str, str], frozenset[str]]:
    """(model, provider slug) → what the operator's `[[endpoints]]` set."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for entry in endpoints:
        model, provider = str(entry.get("model")).lower(), str(entry.get("provider")).lower()
        key = (names.get(model, model), provider_names.get(provider, provider))
        found[key] = found.get(key, frozenset()) | entry.keys()
    return found
