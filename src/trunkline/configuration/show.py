"""The effective settings with their sources, fit to be printed: secrets masked (OP-21)."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from trunkline.configuration.errors import KeyPath, dotted
from trunkline.configuration.load import Loaded, Source
from trunkline.configuration.shape import CATALOG_LISTS, PROVIDERS, TypeHint, hints, marks, sections
from trunkline.core.json import JsonValue
from trunkline.settings import ProviderSettings

MASK = "********"
_SECRET_NAMES = frozenset({"api_key", "key", "token", "password", "secret", "authorization"})


class Shown(Struct, frozen=True):
    """One setting as it may be seen by everybody."""

    name: str
    value: JsonValue
    source: Source


def effective(loaded: Loaded) -> Iterator[Shown]:
    """Every setting in the order of `settings/`; of providers only what somebody set."""
    yield Shown("home", str(loaded.settings.home), loaded.source(("home",)))
    for section, struct in sections().items():
        values = _plain(getattr(loaded.settings, section))
        for name, hint in hints(struct).items():
            yield _shown(loaded, (section, name), values[name], hint)
    fields = hints(ProviderSettings)
    for slug, provider in loaded.settings.providers.items():
        values = _plain(provider)
        for name, hint in fields.items():
            if loaded.source((PROVIDERS, slug, name)).kind != "default":
                yield _shown(loaded, (PROVIDERS, slug, name), values[name], hint)
    for section in CATALOG_LISTS:
        items: list[Mapping[str, JsonValue]] = list(getattr(loaded.settings, section))
        for index, item in enumerate(items):
            path: KeyPath = (section, index)
            yield Shown(dotted(path), _masked_by_name(dict(item)), loaded.source(path))


def _plain(section: Struct) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = msgspec.json.decode(msgspec.json.encode(section))
    return values


def _shown(loaded: Loaded, path: KeyPath, value: JsonValue, hint: TypeHint) -> Shown:
    marked = marks(hint)
    if "secret" in marked:
        value = _masked(value)
    elif "url" in marked and isinstance(value, str):
        value = without_password(value)
    return Shown(dotted(path), value, loaded.source(path))


def without_password(url: str) -> str:
    """The address with its password, if it has one, masked."""
    password = urlsplit(url).password
    return url if not password else url.replace(f":{password}@", f":{MASK}@", 1)


def _masked(value: JsonValue) -> JsonValue:
    """Every text in it masked; numbers and absence stay."""
    match value:
        case str():
            return MASK
        case list():
            return [_masked(item) for item in value]
        case dict():
            return {name: _masked(member) for name, member in value.items()}
        case _:
            return value


def _masked_by_name(value: JsonValue) -> JsonValue:
    """Catalog tables carry no marks: their secrets are known by name."""
    match value:
        case dict():
            return {
                name: _masked(member) if name in _SECRET_NAMES or name == "headers" else _masked_by_name(member)
                for name, member in value.items()
            }
        case list():
            return [_masked_by_name(item) for item in value]
        case _:
            return value
