"""What must hold of one entry, whoever wrote it: the bundled files when built, the operator's when loaded."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from trunkline.catalog.entries import EndpointEntry, ModelEntry, ProviderEntry
from trunkline.catalog.price_sheets import PricingInvalid, price_sheet
from trunkline.catalog.vocabulary import (
    EFFORTS,
    INPUT_MODALITIES,
    INSTRUCT_TYPES,
    OUTPUT_MODALITIES,
    PROTOCOLS,
    QUANTIZATIONS,
    RESERVED_AUTHORS,
    TOKENIZERS,
    nearest,
)
from trunkline.protocols.requests import PARAMETERS

Complaint = tuple[str, str]
"""The key, and what is wrong with it."""

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]*")
_MODEL_ID = re.compile(r"[a-zA-Z0-9][\w-]*/[a-zA-Z0-9][\w.:-]*")
_VARIANTS = frozenset({"free", "extended", "thinking", "nitro", "floor", "exacto", "online"})
_HOLE = re.compile(r"\{(\w+)\}")


def provider_complaints(entry: ProviderEntry) -> Iterator[Complaint]:
    """Slug, protocols, address and their holes."""
    if not _SLUG.fullmatch(entry.slug):
        yield "slug", f"{entry.slug!r} may have only lower-case letters, digits and dashes"
    yield from _words("protocols", {entry.protocol, *entry.protocols}, PROTOCOLS)
    if entry.protocol not in entry.protocols:
        yield "protocols", f"lacks the provider's own protocol, {entry.protocol}"
    yield from _address("base_url", entry.base_url)
    yield from _words("base_urls", tuple(entry.base_urls), entry.protocols)
    for address in entry.base_urls.values():
        yield from _address("base_urls", address)
    holes = {hole for address in (entry.base_url, *entry.base_urls.values()) for hole in _HOLE.findall(address)}
    if holes != set(entry.base_url_variables):
        yield "base_url_variables", "must name exactly the {holes} of base_url"


def model_complaints(entry: ModelEntry) -> Iterator[Complaint]:
    """Id, words from fixed lists, positive lengths."""
    if not _MODEL_ID.fullmatch(entry.id):
        yield "id", f"{entry.id!r} is not of the form author/name (letters, digits, and . : - _)"
    elif entry.id.rpartition(":")[2] in _VARIANTS:
        yield "id", f"{entry.id!r} ends like a variant; for a free one set variant on its endpoint"
    elif entry.author != entry.id.partition("/")[0]:
        yield "author", f"must be the part of the id before the slash, {entry.id.partition('/')[0]!r}"
    elif entry.author.lower() in RESERVED_AUTHORS:
        yield "author", f"{entry.author!r} is the beginning of the site's own addresses; choose another name"
    if not entry.name.strip():
        yield "name", "is empty"
    yield from _words("input_modalities", entry.input_modalities, INPUT_MODALITIES)
    yield from _words("output_modalities", entry.output_modalities, OUTPUT_MODALITIES)
    yield from _words("supported_parameters", entry.supported_parameters, PARAMETERS)
    yield from _words("tokenizer", (entry.tokenizer,), TOKENIZERS)
    if entry.instruct_type is not None:
        yield from _words("instruct_type", (entry.instruct_type,), INSTRUCT_TYPES)
    yield from _positive("context_length", entry.context_length)
    yield from _positive("max_output_tokens", entry.max_output_tokens)
    yield from _day("deprecation_date", entry.deprecation_date)
    if entry.reasoning is not None:
        efforts = entry.reasoning.supported_efforts or ()
        default = () if entry.reasoning.default_effort is None else (entry.reasoning.default_effort,)
        yield from _words("reasoning", (*efforts, *default), EFFORTS)
        if entry.reasoning.mandatory and "none" in efforts:
            yield "reasoning", "cannot be mandatory and support the effort none"


def endpoint_complaints(entry: EndpointEntry) -> Iterator[Complaint]:
    """Tag, words from fixed lists, positive lengths, prices."""
    if not entry.tag.startswith(entry.provider):
        yield "tag", f"must begin with the provider's slug: {entry.provider}/{entry.tag}"
    if not entry.upstream_model.strip():
        yield "upstream_model", "is empty"
    yield from _words("protocol", (entry.protocol,), PROTOCOLS)
    yield from _words("protocols", entry.protocols, PROTOCOLS)
    yield from _words("supported_parameters", entry.supported_parameters, PARAMETERS)
    yield from _words("input_modalities", entry.input_modalities or (), INPUT_MODALITIES)
    yield from _words("output_modalities", entry.output_modalities or (), OUTPUT_MODALITIES)
    if entry.quantization is not None:
        yield from _words("quantization", (entry.quantization,), QUANTIZATIONS)
    yield from _positive("context_length", entry.context_length)
    yield from _positive("max_prompt_tokens", entry.max_prompt_tokens)
    yield from _positive("max_output_tokens", entry.max_output_tokens)
    yield from _positive("max_inputs", entry.max_inputs)
    yield from _day("deprecation_date", entry.deprecation_date)
    if entry.base_url is not None:
        yield from _address("base_url", entry.base_url)
    try:
        price_sheet(entry.pricing)
    except PricingInvalid as error:
        yield f"pricing.{error.key}", error.message


def _words(key: str, given: Iterable[str], known: Iterable[str]) -> Iterator[Complaint]:
    words = tuple(known)
    for word in given:
        if word not in words:
            yield key, f"{word!r} is not one of {', '.join(sorted(words))}{nearest(word, words)}"


def _positive(key: str, value: int | None) -> Iterator[Complaint]:
    if value is not None and value <= 0:
        yield key, f"{value} must be more than 0"


def _address(key: str, url: str) -> Iterator[Complaint]:
    if not url.startswith(("http://", "https://")) or url.endswith("/"):
        yield key, f"{url!r} must begin with http:// or https:// and end without a slash"


def _day(key: str, value: str | None) -> Iterator[Complaint]:
    if value is None:
        return
    try:
        date.fromisoformat(value)
    except ValueError:
        yield key, f"{value!r} is not a day, YYYY-MM-DD"
