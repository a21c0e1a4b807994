"""Whether the bundled files keep their promises. Run when the program is built, and by `trunkline catalog check`.

What holds of every entry is in `rules.py`; here is what holds of the files: that entries agree with one another, that
each fact has a source, that nothing is retired or free by mistake.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources.abc import Traversable

import msgspec
from msgspec import Struct

from trunkline.catalog.entries import DOCUMENTING_KEYS, Catalog, EndpointEntry, ModelEntry, PolicyEntry, ProviderEntry
from trunkline.catalog.loader import SCHEMA_VERSION, data_folder, load
from trunkline.catalog.price_sheets import PricingInvalid, price_sheet
from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.rules import endpoint_complaints, model_complaints, provider_complaints
from trunkline.core.json import JsonValue, value
from trunkline.core.money import ATTO_PER_USD

SOURCES = frozenset(
    {
        "models.dev",
        "litellm",
        "genai-prices",
        "openrouter",
        "vendor-docs",
        "public-report",
        "curated",
        "convention",
        "upstream-id",
        "model",
        "self-hosted",
    }
)

_TOKEN_PRICE_MAX = ATTO_PER_USD // 100
_PER_TOKEN_EXCEPTIONS = frozenset({"request", "image", "web_search"})


class Problem(Struct, frozen=True):
    """Something to mend. `where` names file, entry or endpoint."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def check(folder: Traversable | None = None) -> list[Problem]:
    """Everything wrong with the files in `folder`, by default the bundled ones. Empty: they may be shipped."""
    place = data_folder() if folder is None else folder
    try:
        catalog = load(place)
    except (OSError, msgspec.MsgspecError) as error:
        return [Problem("files", str(error))]
    problems = [*_file_problems(place, "providers", ProviderEntry), *_file_problems(place, "models", ModelEntry)]
    for provider in catalog.providers.values():
        problems += [Problem(f"provider {provider.slug}", f"{k}: {text}") for k, text in provider_complaints(provider)]
        problems += _provider_problems(provider)
    problems += _repeated("provider", (n for p in catalog.providers.values() for n in (p.slug, *p.aliases)))
    problems += _repeated("canonical slug", (model.canonical_slug for model in catalog.models.values()))
    for model in catalog.models.values():
        problems += [Problem(f"model {model.id}", f"{key}: {text}") for key, text in model_complaints(model)]
        problems += _model_problems(model)
        for endpoint in model.endpoints:
            problems += _endpoint_problems(model, endpoint, catalog)
    return problems


def _file_problems(folder: Traversable, name: str, entry_type: type[Struct]) -> Iterator[Problem]:
    """Of the text itself: version, unknown keys, facts without a source."""
    text = value((folder / f"{name}.json").read_bytes())
    if not isinstance(text, dict):
        return
    if text.get("schema_version") != SCHEMA_VERSION:
        yield Problem(f"{name}.json", f"schema_version must be {SCHEMA_VERSION}")
    entries = text.get(name)
    seen: list[str] = []
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        where = str(entry.get("id", entry.get("slug")))
        seen.append(where)
        yield from _text_problems(where, entry, entry_type)
        endpoints = entry.get("endpoints")
        for endpoint in endpoints if isinstance(endpoints, list) else ():
            if isinstance(endpoint, dict):
                yield from _text_problems(f"{where} @ {endpoint.get('tag')}", endpoint, EndpointEntry)
    yield from _repeated(f"{name}.json entry", seen)


def _text_problems(where: str, entry: dict[str, JsonValue], entry_type: type[Struct]) -> Iterator[Problem]:
    for key in entry.keys() - {*entry_type.__struct_fields__} - DOCUMENTING_KEYS:
        yield Problem(where, f"unknown key {key!r}")
    sources = entry.get("sources")
    if not isinstance(sources, dict) or not sources:
        yield Problem(where, "sources missing")
        return
    for group, names in sources.items():
        if not isinstance(names, list) or not names or not all(name in SOURCES for name in names):
            yield Problem(where, f"sources.{group} has unknown names or none: {names}")


def _provider_problems(entry: ProviderEntry) -> Iterator[Problem]:
    where = f"provider {entry.slug}"
    if not entry.env.api_key:
        yield Problem(where, "names no variable for its key")
    if entry.kind != "cloud" and entry.discovery is None:
        yield Problem(where, "a gateway or local engine needs discovery")
    for country in (*entry.datacenters, *([entry.headquarters] if entry.headquarters else [])):
        if len(country) != 2 or not country.isupper():
            yield Problem(where, f"{country!r} is no ISO 3166 alpha-2 country code")
    yield from _policy_problems(where, entry.data_policy)


def _policy_problems(where: str, policy: PolicyEntry | None) -> Iterator[Problem]:
    if policy is not None and policy.zdr != (not policy.training and not policy.retains_prompts):
        yield Problem(where, "data_policy.zdr disagrees with training and retains_prompts")


def _model_problems(entry: ModelEntry) -> Iterator[Problem]:
    where = f"model {entry.id}"
    if not 30 <= len(entry.description) <= 600:
        yield Problem(where, "description must have 30 to 600 characters")
    if entry.operation == "chat" and entry.context_length is None:
        yield Problem(where, "a chat model needs context_length")
    if not entry.endpoints:
        yield Problem(where, "has no endpoints")
    yield from _repeated(f"{where}: tag", (endpoint.tag for endpoint in entry.endpoints))
    for benchmark in entry.benchmarks:
        if not benchmark.source_url.startswith("https://"):
            yield Problem(where, f"benchmark {benchmark.name} has no public source")


def _endpoint_problems(model: ModelEntry, entry: EndpointEntry, catalog: Catalog) -> Iterator[Problem]:
    where = f"{model.id} @ {entry.tag}"
    if entry.provider not in catalog.providers:
        yield Problem(where, f"unknown provider {entry.provider!r}")
    for key, text in endpoint_complaints(entry):
        yield Problem(where, f"{key}: {text}")
    if model.operation == "chat" and entry.context_length is None:
        yield Problem(where, "an endpoint of a chat model needs context_length")
    if entry.context_length and entry.max_output_tokens and entry.max_output_tokens > entry.context_length:
        yield Problem(where, "max_output_tokens is above context_length")
    if entry.deprecation_date is not None and entry.deprecation_date <= catalog.generated:
        yield Problem(where, "is already retired")
    yield from _policy_problems(where, entry.data_policy)
    try:
        sheet = price_sheet(entry.pricing)
    except PricingInvalid:
        return  # already complained of
    yield from _price_problems(where, entry, sheet)


def _price_problems(where: str, entry: EndpointEntry, sheet: PriceSheet) -> Iterator[Problem]:
    if not sheet.priced:
        yield Problem(where, "has no price")
    elif not sheet.units and not any(sheet.base.values()) and entry.variant != "free":
        yield Problem(where, "costs nothing outside the free variant")
    groups = (sheet.base, *(o.prices for o in sheet.overrides), *(s.prices for s in sheet.scheduled))
    for key, price in ((key, price) for group in groups for key, price in group.items()):
        if key not in _PER_TOKEN_EXCEPTIONS and price > _TOKEN_PRICE_MAX:
            yield Problem(where, f"pricing.{key} is above one cent for a token")
    for override in sheet.overrides:
        if entry.context_length and (override.min_prompt_tokens or 0) >= entry.context_length:
            yield Problem(where, "a price tier starts above the context window")


def _repeated(what: str, names: Iterable[str]) -> Iterator[Problem]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Problem(what, f"{name!r} stands {count} times")
