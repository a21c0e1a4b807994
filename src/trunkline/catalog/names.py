"""Every spelling by which a model or a provider may be called (routing-and-catalog.md 2.1 and 2.2)."""

from collections.abc import Iterable, Iterator

from trunkline.catalog.entries import ModelEntry
from trunkline.catalog.types import Model, Provider


def model_names(entries: Iterable[ModelEntry], rows: Iterable[Model]) -> dict[str, str]:
    """Lower-cased name → id of a row. Ids win over canonical slugs, these over aliases, these over bare names.

    A bare name is one without author (`gpt-4o`, `claude-sonnet-4-5-20250929`); it counts only when one model alone
    has it.
    """
    ids = {row.id: row for row in rows}
    names = {row_id.lower(): row_id for row_id in ids}
    for row in ids.values():
        names.setdefault(row.canonical_slug.lower(), row.id)
    bare: dict[str, set[str]] = {}
    for entry in entries:
        row_id = entry.id if entry.id in ids else f"{entry.id}:free"
        if row_id not in ids:
            continue
        for name in (entry.id, entry.canonical_slug, *_respelled(entry), *entry.aliases):
            if "/" in name:
                names.setdefault(name.lower(), row_id)
            bare.setdefault(name.rpartition("/")[2].lower(), set()).add(row_id)
        for name in _upstream_names(entry):
            bare.setdefault(name.lower(), set()).add(row_id)
    for name, claimants in bare.items():
        if len(claimants) == 1:
            names.setdefault(name, *claimants)
    return names


def provider_names(providers: Iterable[Provider]) -> dict[str, str]:
    """Lower-cased slug, alias or display name → slug; slugs win over aliases, these over display names."""
    known = list(providers)
    names = {provider.slug.lower(): provider.slug for provider in known}
    for provider in known:
        for alias in provider.aliases:
            names.setdefault(alias.lower(), provider.slug)
    for provider in known:
        names.setdefault(provider.name.lower(), provider.slug)
    return names


def _respelled(entry: ModelEntry) -> Iterator[str]:
    """The spelling with a dash where ours has a dot: `anthropic/claude-opus-4-8`."""
    for name in (entry.id, entry.canonical_slug):
        if "." in name:
            yield name.replace(".", "-")


def _upstream_names(entry: ModelEntry) -> Iterator[str]:
    """What providers call the model, so that a client configured for the provider itself finds it.

    Names with a slash or a colon would be read as an author or a variant.
    """
    for endpoint in entry.endpoints:
        if "/" not in endpoint.upstream_model and ":" not in endpoint.upstream_model:
            yield endpoint.upstream_model
