"""The request's `provider` object: JSON to ProviderPreferences, or an error that names the member.

Fields and their meaning: routing-and-catalog.md 4.1. The object is closed; `null` and empty lists mean absent (2.2).
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.catalog.types import Operation
from trunkline.core.errors import InvalidRequest
from trunkline.core.money import AttoUsd, parse_price
from trunkline.routing.spelling import nearest
from trunkline.routing.types import NO_PRICE_LIMIT, MaxPrice, Percentile, ProviderPreferences, Quantization, SortBy

TOKENS_PER_PRICE_UNIT = 10**6
"""`max_price.prompt` and `.completion` are USD per million tokens."""

_Cutoff = Annotated[float, Meta(ge=0)]
_References = Annotated[tuple[Annotated[str, Meta(max_length=256)], ...], Meta(max_length=200)]


class _Sort(Struct, frozen=True, forbid_unknown_fields=True):
    by: SortBy | None = None
    partition: Literal["model", "none"] | None = None


class _Cutoffs(Struct, frozen=True, forbid_unknown_fields=True):
    p50: _Cutoff | None = None
    p75: _Cutoff | None = None
    p90: _Cutoff | None = None
    p99: _Cutoff | None = None


class _MaxPrice(Struct, frozen=True, forbid_unknown_fields=True):
    prompt: Decimal | None = None
    completion: Decimal | None = None
    request: Decimal | None = None
    image: Decimal | None = None
    audio: Decimal | None = None


class _Wire(Struct, frozen=True, forbid_unknown_fields=True):
    order: _References | None = None
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: bool | None = None
    enforce_distillable_text: bool | None = None
    only: _References | None = None
    ignore: _References | None = None
    quantizations: tuple[Quantization, ...] | None = None
    sort: str | _Sort | None = None
    preferred_min_throughput: _Cutoff | _Cutoffs | None = None
    preferred_max_latency: _Cutoff | _Cutoffs | None = None
    max_price: _MaxPrice | None = None
    options: dict[str, dict[str, Raw]] | None = None


_CLOSED_OBJECTS = {"": _Wire, ".sort": _Sort, ".max_price": _MaxPrice}
_SORTS: tuple[SortBy, ...] = SortBy.__args__
_WHERE = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`", re.DOTALL)
_decoder = msgspec.json.Decoder(_Wire)


_OF_IMAGES = frozenset({"order", "allow_fallbacks", "only", "ignore", "sort", "options"})
_OF_JOBS = frozenset({"options"})
_OF_TEXT = frozenset(_Wire.__struct_fields__) - {"options"}
_MEMBERS: Mapping[Operation, frozenset[str]] = {
    "chat": _OF_TEXT,
    "embeddings": _OF_TEXT,
    "rerank": _OF_TEXT,
    "image": _OF_IMAGES,
    "video": _OF_JOBS,
    "speech": _OF_JOBS,
    "transcription": _OF_JOBS,
}
"""What each operation takes of the object (4.1)."""


def parse(raw: Raw, route: str | None, operation: Operation = "chat") -> ProviderPreferences:
    """The `provider` object as sent, together with the legacy top-level `route` (routing-and-catalog.md 5.4).

    `raw` may be empty or `null`: no preferences. Raises InvalidRequest naming `provider.<member>`, also for a member
    that the operation does not take.
    """
    data = bytes(raw)
    partition = "model" if route is None else _partition_of_route(route)
    if data in (b"", b"null"):
        return ProviderPreferences(partition=partition, sort="price" if route == "sort" else None)
    try:
        wire = _decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"'provider' is not valid JSON: {error}", field="provider") from None
    _require_members_of(operation, wire)
    sort, partition = _sort(wire.sort, partition, by_price=route == "sort")
    return ProviderPreferences(
        order=wire.order or (),
        allow_fallbacks=wire.allow_fallbacks is not False,
        require_parameters=wire.require_parameters is True,
        data_collection=wire.data_collection or "allow",
        zdr=wire.zdr is True,
        enforce_distillable_text=wire.enforce_distillable_text is True,
        only=wire.only or (),
        ignore=wire.ignore or (),
        quantizations=wire.quantizations or (),
        sort=sort,
        partition=partition,
        max_price=_max_price(wire.max_price) if wire.max_price is not None else NO_PRICE_LIMIT,
        min_throughput=_cutoffs(wire.preferred_min_throughput),
        max_latency=_cutoffs(wire.preferred_max_latency),
        options=wire.options or {},
    )


def _require_members_of(operation: Operation, wire: _Wire) -> None:
    taken = _MEMBERS[operation]
    for name in _Wire.__struct_fields__:
        if name not in taken and getattr(wire, name) is not None:
            field = f"provider.{name}"
            valid = ", ".join(member for member in _Wire.__struct_fields__ if member in taken)
            raise InvalidRequest(f"{field} has no meaning for {operation}; valid are {valid}", field=field)


def _partition_of_route(route: str) -> Literal["model", "none"]:
    if route not in ("fallback", "sort"):
        raise InvalidRequest(f'\'route\' must be "fallback" or "sort", got {route!r}', field="route")
    return "none" if route == "sort" else "model"


def _sort(
    sent: str | _Sort | None, partition: Literal["model", "none"], *, by_price: bool
) -> tuple[SortBy | None, Literal["model", "none"]]:
    """The effective sort and partition. `{partition: "none"}` without `by`, and `route: "sort"`, sort by price."""
    if isinstance(sent, _Sort):
        partition = sent.partition or partition
        return sent.by or ("price" if partition == "none" else None), partition
    if sent is None:
        return "price" if by_price else None, partition
    for known in _SORTS:
        if sent == known:
            return known, partition
    raise InvalidRequest(
        f"provider.sort: {sent!r} is not a sort; use one of {', '.join(_SORTS)}{_did_you_mean(sent, _SORTS)}",
        field="provider.sort",
    )


def _cutoffs(sent: float | _Cutoffs | None) -> tuple[tuple[Percentile, float], ...]:
    if sent is None:
        return ()
    if not isinstance(sent, _Cutoffs):
        return (("p50", sent),)
    pairs: tuple[tuple[Percentile, float | None], ...] = (
        ("p50", sent.p50),
        ("p75", sent.p75),
        ("p90", sent.p90),
        ("p99", sent.p99),
    )
    return tuple((percentile, cutoff) for percentile, cutoff in pairs if cutoff is not None)


def _max_price(sent: _MaxPrice) -> MaxPrice:
    return MaxPrice(
        prompt=_limit("prompt", sent.prompt, TOKENS_PER_PRICE_UNIT),
        completion=_limit("completion", sent.completion, TOKENS_PER_PRICE_UNIT),
        request=_limit("request", sent.request),
        image=_limit("image", sent.image),
        audio=_limit("audio", sent.audio),
    )


def _limit(key: str, limit: Decimal | None, units: int = 1) -> AttoUsd | None:
    """The dearest whole atto-dollar price of one unit that `limit` (for `units` of them) still admits."""
    if limit is None:
        return None
    try:
        return AttoUsd(parse_price(str(limit)) // units)
    except ValueError as error:
        raise InvalidRequest(f"provider.max_price.{key}: {error}", field=f"provider.max_price.{key}") from None


def _named(complaint: str) -> InvalidRequest:
    """msgspec's complaint, with the member spelled as the caller wrote it and the nearest valid key."""
    match = _WHERE.fullmatch(complaint)
    what, path = (match["what"], match["path"] or "") if match else (complaint, "")
    if unknown := _UNKNOWN.fullmatch(what):
        key = unknown["key"]
        valid = _CLOSED_OBJECTS.get(path, _Cutoffs).__struct_fields__
        field = f"provider{path}.{key}"
        return InvalidRequest(f"{field} is not a known field{_did_you_mean(key, valid)}", field=field)
    field = f"provider{path}"
    return InvalidRequest(f"{field}: {what[:1].lower()}{what[1:]}", field=field)


def _did_you_mean(word: str, valid: tuple[str, ...]) -> str:
    near = nearest(word, valid, limit=1)
    return f"; did you mean {near[0]!r}?" if near else f"; valid are {', '.join(valid)}"
