"""How a caller names models and providers: the grammar of routing-and-catalog.md 2."""

import re
from typing import Literal

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Model, Snapshot
from trunkline.core.errors import Availability, ModelNotFound
from trunkline.routing.routers.names import RouterId
from trunkline.routing.spelling import nearest
from trunkline.routing.types import Strategy

StaticVariant = Literal["free", "extended", "thinking"]
DynamicVariant = Literal["nitro", "floor", "exacto", "online"]
_STATIC: dict[str, StaticVariant] = {"free": "free", "extended": "extended", "thinking": "thinking"}
_DYNAMIC: dict[str, DynamicVariant] = {"nitro": "nitro", "floor": "floor", "exacto": "exacto", "online": "online"}

PRESET_MARK = "@preset/"
_CLAUDE_EDITION = re.compile(r"(?P<name>(?:anthropic/)?claude-[a-z0-9.-]+?)-(?:20\d{6}|latest)")
"""How Anthropic's own clients name a model: with the day of its release, or `latest` (inference.md 18.1)."""


class Reference(Struct, frozen=True):
    """A model reference taken apart. Expanding `preset` happens before routing (routing-and-catalog.md 3)."""

    base: str
    static: StaticVariant | None = None
    dynamic: tuple[DynamicVariant, ...] = ()
    preset: str | None = None


class Resolved(Struct, frozen=True, kw_only=True):
    """A reference found in the catalog."""

    reference: str
    """Exactly as sent."""
    model: Model
    dynamic: tuple[DynamicVariant, ...] = ()
    strategy: Strategy = "direct"
    """`alias`: found under a name that is neither its id nor its canonical slug."""
    router: RouterId | None = None
    """The router model that chose it."""
    transient_only: bool = False
    """A fallback for failures that time may heal, and no others."""
    is_free_gone: bool = False
    """`:free` was asked and only the paid row, which is `model`, exists (routing-and-catalog.md 7)."""


def parse_reference(text: str) -> Reference:
    """Split off the preset and the known variants, from the right: a name may itself hold a colon (`llama3.2:1b`)."""
    name, mark, preset = text.strip().partition(PRESET_MARK)
    static: StaticVariant | None = None
    dynamic: list[DynamicVariant] = []
    while True:
        base, colon, word = name.rpartition(":")
        word = word.lower()
        if not colon:
            break
        if word in _DYNAMIC:
            dynamic.append(_DYNAMIC[word])
        elif word in _STATIC and static is None:
            static = _STATIC[word]
        else:
            break
        name = base
    return Reference(name, static, tuple(reversed(dynamic)), preset if mark else None)


def resolve(
    snapshot: Snapshot,
    reference: str,
    requested: tuple[str, ...] = (),
    identities: frozenset[str] = frozenset(),
) -> Resolved:
    """The catalog's model behind a reference, and its dynamic variants. Router models and `~latest` aliases are
    resolved in `references.py`.

    Raises ModelNotFound (400, availability `model_not_found`) with up to three near slugs. `requested` is the whole
    list that the reference stands in, for the error to repeat. A private model is there only for `identities`.
    """
    found = _find(snapshot, reference, requested)
    if found.model.private_to and not is_visible(found.model, identities):
        raise not_found(snapshot, reference, requested)
    return found


def is_visible(model: Model, identities: frozenset[str]) -> bool:
    """Whether the caller may know of the model (14)."""
    return not model.private_to or not model.private_to.isdisjoint(identities)


def _find(snapshot: Snapshot, reference: str, requested: tuple[str, ...]) -> Resolved:
    folded = reference.strip().lower()
    if (model_id := snapshot.names.get(folded)) is not None:
        return _resolved(snapshot, reference, folded, model_id, ())
    parsed = parse_reference(reference)
    base = parsed.base.lower()
    model_id = snapshot.names.get(base) or _without_edition(snapshot, base)
    if model_id is None:
        raise not_found(snapshot, reference, requested)
    if parsed.static is None:
        return _resolved(snapshot, reference, base, model_id, parsed.dynamic)
    if snapshot.models[model_id].variant == parsed.static:  # served only free of charge: no row without the suffix
        return _resolved(snapshot, reference, base, model_id, parsed.dynamic)
    variant_id = f"{model_id}:{parsed.static}"
    if variant_id in snapshot.models:
        return _resolved(snapshot, reference, base, variant_id, parsed.dynamic)
    if parsed.static == "free":
        return Resolved(reference=reference, model=snapshot.models[model_id], dynamic=parsed.dynamic, is_free_gone=True)
    raise not_found(snapshot, reference, requested)


def _without_edition(snapshot: Snapshot, base: str) -> str | None:
    """The Claude of which `base` names an edition that the catalog does not tell apart."""
    edition = _CLAUDE_EDITION.fullmatch(base)
    return None if edition is None else snapshot.names.get(edition["name"])


def _resolved(
    snapshot: Snapshot, reference: str, name: str, model_id: str, dynamic: tuple[DynamicVariant, ...]
) -> Resolved:
    model = snapshot.models[model_id]
    slug, canonical = model.id.lower(), model.canonical_slug.lower()
    is_known = name in (slug, canonical, slug.removesuffix(":free"))
    return Resolved(reference=reference, model=model, dynamic=dynamic, strategy="direct" if is_known else "alias")


def not_found(snapshot: Snapshot, reference: str, requested: tuple[str, ...]) -> ModelNotFound:
    """The 400 of an unknown name, with near ones. What is private is not suggested."""
    public = (model.id.lower() for model in snapshot.models.values() if not model.private_to)
    near = nearest(parse_reference(reference).base.lower(), public)
    return ModelNotFound(
        f"{reference} is not a valid model ID",
        field="model",
        availability=Availability(
            code="model_not_found",
            retryable=False,
            requested_models=requested or (reference,),
            fallback_models=tuple(snapshot.names.get(slug, slug) for slug in near),
        ),
    )


class ProviderSet(Struct, frozen=True):
    """What a list of provider references selects (routing-and-catalog.md 2.2). An unknown entry selects nothing."""

    slugs: frozenset[str]
    """Every endpoint of the provider but those of a tier."""
    tags: frozenset[str]
    """Exactly this endpoint, in lower case."""
    tiers: frozenset[tuple[str, str]]
    """(provider, tier): that tier of the provider in every region."""

    def matches(self, endpoint: Endpoint) -> bool:
        if endpoint.tier == "default" and endpoint.provider in self.slugs:
            return True
        if endpoint.tag.lower() in self.tags:
            return True
        return endpoint.tier != "default" and (endpoint.provider, endpoint.tier) in self.tiers


def provider_set(snapshot: Snapshot, references: tuple[str, ...]) -> ProviderSet:
    """Read a list of provider references: slugs, aliases, display names, tags and tier slugs, in any case."""
    slugs: set[str] = set()
    tags: set[str] = set()
    tiers: set[tuple[str, str]] = set()
    for reference in references:
        name = reference.strip().lower()
        if (slug := snapshot.provider_names.get(name)) is not None:
            slugs.add(slug)
            continue
        provider, slash, suffix = name.partition("/")
        if not slash:
            continue
        provider = snapshot.provider_names.get(provider, provider)
        tags.add(f"{provider}/{suffix}")
        if suffix in ("flex", "priority"):
            tiers.add((provider, suffix))
    return ProviderSet(frozenset(slugs), frozenset(tags), frozenset(tiers))
