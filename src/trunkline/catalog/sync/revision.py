"""Differences that were accepted, as entries to keep: never an address, a credential or anything but facts."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from trunkline.catalog.entries import Catalog, EndpointEntry, PriceTable
from trunkline.catalog.prices import PriceKey
from trunkline.catalog.sync.comparison import Difference, Group
from trunkline.catalog.sync.listings import Offer
from trunkline.core.json import JsonValue, encode, value
from trunkline.core.money import AttoUsd, format_price

Entry = dict[str, JsonValue]

_VARIANT_OF_FREE: Final = "free"


class Revision(Struct, frozen=True, kw_only=True):
    """What is taken over."""

    models: tuple[Entry, ...]
    endpoints: tuple[Entry, ...]
    held_back: int
    """Facts that were left because they jump."""

    @property
    def is_empty(self) -> bool:
        return not self.models and not self.endpoints


def revise(
    differences: Iterable[Difference],
    catalog: Catalog,
    groups: frozenset[Group],
    *,
    allow_jumps: bool = False,
    disable_gone: bool = False,
) -> Revision:
    """Entries for the differences of those groups. `catalog` is what they were compared with.

    Jumps are held back unless allowed; endpoints that are gone stay unless they are to be disabled.
    """
    models: dict[str, Entry] = {}
    endpoints: list[Entry] = []
    held_back = 0
    for difference in differences:
        if difference.kind == "gone":
            if disable_gone:
                endpoints.append({**_identity(difference), "enabled": False})
        elif difference.kind == "new" and difference.offer is not None:
            if "models" in groups:
                if difference.model not in catalog.models:
                    models[difference.model] = _new_model(difference.model, difference.offer)
                endpoints.append(_new_endpoint(difference, difference.offer))
        elif difference.offer is not None:
            wanted = [fact for fact in difference.facts if fact.group in groups]
            accepted = [fact.name for fact in wanted if allow_jumps or not fact.is_jump]
            held_back += len(wanted) - len(accepted)
            if accepted:
                endpoints.append(_changed(difference, difference.offer, accepted, _entry_of(catalog, difference)))
    return Revision(models=tuple(models.values()), endpoints=tuple(endpoints), held_back=held_back)


def _identity(difference: Difference) -> Entry:
    return {"model": difference.model, "provider": difference.provider, "tag": difference.tag}


def _entry_of(catalog: Catalog, difference: Difference) -> EndpointEntry:
    entries = catalog.models[difference.model].endpoints
    return next(entry for entry in entries if entry.tag == difference.tag)


def _changed(difference: Difference, offer: Offer, accepted: list[str], current: EndpointEntry) -> Entry:
    entry = _identity(difference)
    prices: dict[PriceKey, AttoUsd] = {key: price for key, price in (offer.prices or {}).items() if key in accepted}
    if prices:
        # A price list is replaced as a whole: tiers, announced changes and units stay as they were.
        entry["pricing"] = {**_plain(current.pricing or {}), **_texts(prices), **_required(current, offer)}
    if "context_length" in accepted:
        entry["context_length"] = offer.context_length
    if "max_output_tokens" in accepted:
        entry["max_output_tokens"] = offer.max_output_tokens
    if "deprecation_date" in accepted:
        entry["deprecation_date"] = offer.ends
    if "supported_parameters" in accepted:
        entry["supported_parameters"] = [*(offer.parameters or ())]
    return entry


def _required(current: EndpointEntry, offer: Offer) -> dict[str, JsonValue]:
    """A list has both `prompt` and `completion`; an endpoint without any prices takes over both."""
    if current.pricing is not None:
        return {}
    listed = _texts(offer.prices or {})
    return {key: listed.get(key, "0") for key in ("prompt", "completion")}


def _plain(table: PriceTable) -> dict[str, JsonValue]:
    """A price table as plain values."""
    plain = value(encode(table))
    return plain if isinstance(plain, dict) else {}


def _texts(prices: Mapping[PriceKey, AttoUsd]) -> dict[str, JsonValue]:
    return {key: format_price(price) for key, price in prices.items()}


def _new_endpoint(difference: Difference, offer: Offer) -> Entry:
    entry: Entry = {**_identity(difference), "upstream_model": offer.name}
    if offer.is_free:
        entry["variant"] = _VARIANT_OF_FREE
    if offer.prices is not None:
        entry["pricing"] = {"prompt": "0", "completion": "0", **_texts(offer.prices)}
    return {**entry, **_described(offer)}


def _new_model(model_id: str, offer: Offer) -> Entry:
    entry: Entry = {"id": model_id}
    if offer.title is not None:
        entry["name"] = entry["short_name"] = offer.title.partition(": ")[2] or offer.title
    if offer.created_s is not None:
        entry["created"] = offer.created_s
    return {**entry, **{key: told for key, told in _described(offer).items() if key != "deprecation_date"}}


def _described(offer: Offer) -> Entry:
    """What is told of it beside its prices."""
    told: Entry = {
        "context_length": offer.context_length,
        "max_output_tokens": offer.max_output_tokens,
        "input_modalities": None if offer.input_modalities is None else [*offer.input_modalities],
        "output_modalities": None if offer.output_modalities is None else [*offer.output_modalities],
        "supported_parameters": None if offer.parameters is None else [*offer.parameters],
        "deprecation_date": offer.ends,
    }
    return {key: one for key, one in told.items() if one is not None}
