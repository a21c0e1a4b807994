"""The operator's entries laid over the bundled ones (operating.md OP-22 and OP-23; catalog README, "Overriding").

A `[[models]]` entry is found by `id`, an `[[endpoints]]` entry by `model` and `provider` and, where a provider serves a
model more than once, `tag`. What exists is changed field by field, `pricing` as a whole; what does not is created.
Everything wrong is reported at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from trunkline.catalog.creation import new_endpoint, new_model, new_provider
from trunkline.catalog.entries import Catalog, EndpointEntry, ModelEntry, ProviderEntry
from trunkline.catalog.fields import Fields, given_fields
from trunkline.catalog.rules import Complaint, endpoint_complaints, model_complaints, provider_complaints
from trunkline.catalog.vocabulary import nearest
from trunkline.configuration.errors import Finding, KeyPath, dotted
from trunkline.core.json import JsonValue
from trunkline.settings import ProviderSettings


class OverridesInvalid(Exception):
    """Entries that cannot be used; one line for each finding."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(f"{dotted(finding.path)}: {finding.message}" for finding in findings))
        self.findings = tuple(findings)


def apply(
    catalog: Catalog,
    *,
    models: Sequence[Mapping[str, JsonValue]] = (),
    endpoints: Sequence[Mapping[str, JsonValue]] = (),
    providers: Mapping[str, ProviderSettings] = {},
) -> Catalog:
    """A new catalog with the entries laid over; `catalog` itself stays as it was. Raises OverridesInvalid."""
    layer = _Layer(catalog)
    named = {str(entry.get("provider")) for entry in endpoints}
    for slug, settings in providers.items():
        layer.set_provider(slug, settings, named_by_endpoint=slug in named)
    for index, entry in enumerate(models):
        layer.set_model(entry, ("models", index))
    for index, entry in enumerate(endpoints):
        layer.set_endpoint(entry, ("endpoints", index))
    if layer.findings:
        raise OverridesInvalid(layer.findings)
    return Catalog(generated=catalog.generated, providers=layer.providers, models=layer.models)


class _Place(NamedTuple):
    """Where an endpoint goes: the model and provider, and the one of its endpoints that is meant, if any."""

    model: ModelEntry
    provider: ProviderEntry
    tag: str
    current: EndpointEntry | None


class _Layer:
    """The catalog under construction."""

    def __init__(self, catalog: Catalog) -> None:
        self.generated = catalog.generated
        self.providers = dict(catalog.providers)
        self.models = dict(catalog.models)
        self.findings: list[Finding] = []
        self._unborn: dict[str, ProviderSettings] = {}
        """`[providers.<slug>]` of what an endpoint will create."""
        self._slugs = {name: slug for slug, entry in self.providers.items() for name in (slug, *entry.aliases)}
        self._ids = {
            name.lower(): entry.id for entry in self.models.values() for name in (entry.canonical_slug, entry.id)
        }
        self._guessed_models: set[str] = set()
        self._seen: dict[tuple[str, str], KeyPath] = {}

    def set_provider(self, name: str, settings: ProviderSettings, *, named_by_endpoint: bool) -> None:
        """Change a provider, or create one: it needs an address, or an endpoint that has one."""
        path: KeyPath = ("providers", name)
        entry = self.providers.get(self._slugs.get(name, name))
        if entry is None:
            if settings.base_url is None:
                if not named_by_endpoint:
                    message = f"no such provider, and no base_url to create it with{nearest(name, self._slugs)}"
                    self.findings.append(Finding(path, message))
                self._unborn[name] = settings
                return
            entry = new_provider(name, settings.protocol, settings.base_url)
        changes = _plain_changes(settings)
        if settings.base_url is not None:
            changes |= {"base_url": settings.base_url.rstrip("/"), "base_url_variables": {}, "base_urls": {}}
        if settings.protocol is not None:
            changes |= {"protocol": settings.protocol, "protocols": (settings.protocol,)}
        entry = replace(entry, **changes)
        if self._accept(path, provider_complaints(entry)):
            self._keep_provider(entry)
            if settings.protocol is not None:
                self._speak(entry.slug, settings.protocol)

    def set_model(self, given: Mapping[str, JsonValue], path: KeyPath) -> None:
        """Change a model, or create one."""
        fields = given_fields(
            ModelEntry, given, path, self.findings, refused={"endpoints": "write [[endpoints]] instead"}
        )
        model_id = self._text(given, "id", path)
        if model_id is None or self._repeated(("", model_id), path):
            return
        current = self.models.get(self._ids.get(model_id.lower(), ""))
        entry = current or new_model(model_id, self.generated)
        fields.pop("id", None)
        entry = replace(entry, **fields)
        if self._accept(path, model_complaints(entry)):
            self._keep_model(entry)

    def set_endpoint(self, given: Mapping[str, JsonValue], path: KeyPath) -> None:
        """Change an endpoint, or create one with whatever of its model and provider is not there yet."""
        fields = given_fields(EndpointEntry, given, path, self.findings, allowed=frozenset({"model"}))
        place = self._place(given, fields, path)
        if place is None:
            return
        fields |= {"provider": place.provider.slug, "tag": place.tag}
        guessed = place.model.id in self._guessed_models
        entry = replace(place.current or new_endpoint(place.model, place.provider, guessed=guessed), **fields)
        if not self._accept(path, endpoint_complaints(entry)):
            return
        kept = [entry if other.tag == entry.tag else other for other in place.model.endpoints]
        if place.current is None:
            kept.append(entry)
        self._keep_provider(place.provider)
        self._keep_model(replace(place.model, endpoints=tuple(kept)))

    def _place(self, given: Mapping[str, JsonValue], fields: Fields, path: KeyPath) -> _Place | None:
        model_id, slug = self._text(given, "model", path), self._text(given, "provider", path)
        if model_id is None or slug is None:
            return None
        provider = self.providers.get(self._slugs.get(slug, slug))
        if provider is None:
            provider = self._provider_of_endpoint(slug, fields, path)
            if provider is None:
                return None
        model = self.models.get(self._ids.get(model_id.lower(), ""))
        if model is None:
            model = new_model(model_id, self.generated)
            if not self._accept((*path, "model"), model_complaints(model)):
                return None
            self._guessed_models.add(model.id)
        tag = self._tag(model, provider.slug, fields, path)
        if tag is None or self._repeated((model.id, tag), path):
            return None
        return _Place(model, provider, tag, next((e for e in model.endpoints if e.tag == tag), None))

    def _provider_of_endpoint(self, slug: str, fields: Fields, path: KeyPath) -> ProviderEntry | None:
        base_url, protocol = fields.get("base_url"), fields.get("protocol")
        if not isinstance(base_url, str):
            message = f"{slug!r} is no known provider; give base_url to create it{nearest(slug, self._slugs)}"
            self.findings.append(Finding((*path, "provider"), message))
            return None
        provider = new_provider(slug, protocol if isinstance(protocol, str) else None, base_url)
        if (settings := self._unborn.get(slug)) is not None:
            provider = replace(provider, **_plain_changes(settings))
        return provider if self._accept(path, provider_complaints(provider)) else None

    def _tag(self, model: ModelEntry, slug: str, fields: Fields, path: KeyPath) -> str | None:
        """The tag given, else that of the provider's plain or only endpoint, else the slug: a new one."""
        tag = fields.get("tag")
        if isinstance(tag, str):
            return tag
        tags = [entry.tag for entry in model.endpoints if entry.provider == slug]
        if slug in tags or not tags:
            return slug
        if len(tags) == 1:
            return tags[0]
        message = f"{slug} serves {model.id} more than once: say which by tag, one of {', '.join(tags)}"
        self.findings.append(Finding((*path, "tag"), message))
        return None

    def _speak(self, slug: str, protocol: str) -> None:
        """The operator said what this provider's server speaks: its chat endpoints follow."""
        for model in list(self.models.values()):
            if model.operation == "chat" and any(entry.provider == slug for entry in model.endpoints):
                endpoints = tuple(
                    replace(entry, protocol=protocol, protocols=()) if entry.provider == slug else entry
                    for entry in model.endpoints
                )
                self.models[model.id] = replace(model, endpoints=endpoints)

    def _keep_provider(self, entry: ProviderEntry) -> None:
        self.providers[entry.slug] = entry
        self._slugs[entry.slug] = entry.slug

    def _keep_model(self, entry: ModelEntry) -> None:
        self.models[entry.id] = entry
        self._ids[entry.id.lower()] = entry.id

    def _text(self, given: Mapping[str, JsonValue], key: str, path: KeyPath) -> str | None:
        value = given.get(key)
        if isinstance(value, str) and value:
            return value
        self.findings.append(Finding((*path, key), "must be given, as a text"))
        return None

    def _repeated(self, identity: tuple[str, str], path: KeyPath) -> bool:
        """Two entries for one thing in one file: the second would silently win."""
        first = self._seen.setdefault(identity, path)
        if first == path:
            return False
        self.findings.append(Finding(path, f"repeats {dotted(first)}; give each endpoint of a provider its own tag"))
        return True

    def _accept(self, path: KeyPath, complaints: Iterable[Complaint]) -> bool:
        """Report what is wrong with an entry; True when nothing is."""
        found = [Finding((*path, key), message) for key, message in complaints]
        self.findings += found
        return not found


def _plain_changes(settings: ProviderSettings) -> dict[str, object]:
    """What a section says of a provider, wherever its address comes from."""
    plain = ("name", "quirks", "passthrough", "cancels_billing")
    return {key: value for key in plain if (value := getattr(settings, key)) is not None}
