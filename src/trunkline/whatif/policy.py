"""What is to be different in the replay: a policy file and a price list, both TOML.

keep_own_preferences = true        # false: what requests asked of `provider` is dropped

[provider]                         # members of the request's `provider` object (routing-and-catalog.md 4.1)
sort = "price"
ignore = ["azure"]

[routing]                          # settings of `trunkline.toml`
attempts_max = 2

[[endpoints]]                      # prices, limits or new endpoints, as in `trunkline.toml`
model = "acme/rocket-1"
provider = "acme"
pricing = { prompt = "0.000001", completion = "0.000002" }
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from trunkline.catalog.entries import Catalog
from trunkline.catalog.overrides import OverridesInvalid, apply
from trunkline.configuration.errors import dotted
from trunkline.configuration.validation import faults
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue, encode, value
from trunkline.settings import Routing
from trunkline.whatif.asking import Asker

PRICE_LIST_MEMBERS: Final = frozenset({"model", "provider", "tag", "pricing"})


class PolicyInvalid(Exception):
    """A file that cannot be used; the message names file and member."""


class PolicyFile(Struct, frozen=True, kw_only=True):
    """A policy as written."""

    keep_own_preferences: bool = True
    provider: Mapping[str, JsonValue] = {}
    routing: Mapping[str, JsonValue] = {}
    models: Sequence[Mapping[str, JsonValue]] = ()
    endpoints: Sequence[Mapping[str, JsonValue]] = ()


class _PolicyShape(Struct, frozen=True, forbid_unknown_fields=True):
    keep_own_preferences: bool = True
    provider: dict[str, object] = {}
    routing: dict[str, object] = {}
    models: list[dict[str, object]] = []
    endpoints: list[dict[str, object]] = []


class _PriceListShape(Struct, frozen=True, forbid_unknown_fields=True):
    endpoints: list[dict[str, object]] = []


def read_policy(path: Path) -> PolicyFile:
    """The policy of a file, its preferences and settings checked. Raises PolicyInvalid and OSError."""
    tree = _read(path, _PolicyShape)
    policy = PolicyFile(
        keep_own_preferences=tree.get("keep_own_preferences") is not False,
        provider=_table(tree.get("provider")),
        routing=_table(tree.get("routing")),
        models=_tables(tree.get("models")),
        endpoints=_tables(tree.get("endpoints")),
    )
    try:
        Asker(policy.provider, keeps_own=True)
    except InvalidRequest as refusal:
        raise PolicyInvalid(f"{path}: {refusal.message}") from None
    if found := list(faults({"routing": dict(policy.routing)}, ())):
        raise PolicyInvalid("\n".join(f"{path}: {dotted(one.path)}: {one.message}" for one in found))
    return policy


def read_prices(path: Path) -> PolicyFile:
    """A price list: `[[endpoints]]` with nothing but their prices. Raises PolicyInvalid and OSError."""
    entries = _tables(_read(path, _PriceListShape).get("endpoints"))
    for index, entry in enumerate(entries):
        for key in sorted(entry.keys() - PRICE_LIST_MEMBERS)[:1]:
            members = ", ".join(sorted(PRICE_LIST_MEMBERS))
            raise PolicyInvalid(f"{path}: endpoints[{index}].{key} is no part of a price list; it has {members}")
    return PolicyFile(endpoints=entries)


def laid_over(catalog: Catalog, policy: PolicyFile) -> Catalog:
    """The catalog with the policy's entries. Raises PolicyInvalid."""
    try:
        return apply(catalog, models=policy.models, endpoints=policy.endpoints)
    except OverridesInvalid as error:
        raise PolicyInvalid(str(error)) from None


def routing_of(now: Routing, changed: Mapping[str, JsonValue]) -> Routing:
    """The settings with the policy's in their place; they were checked when they were read."""
    return msgspec.convert({**asdict(now), **changed}, Routing, strict=False)


def _read(path: Path, shape: type[Struct]) -> dict[str, JsonValue]:
    """The file's values, of that shape; dates as text."""
    try:
        written = encode(tomllib.loads(path.read_text(encoding="utf-8")))
        msgspec.json.decode(written, type=shape)
    except UnicodeDecodeError as error:
        raise PolicyInvalid(f"{path}: is not UTF-8 text: byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(f"{path}: is not valid TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise PolicyInvalid(f"{path}: {error}") from None
    return _table(value(written))


def _table(given: JsonValue) -> dict[str, JsonValue]:
    return given if isinstance(given, dict) else {}


def _tables(given: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
