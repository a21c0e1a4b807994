"""Entries for what the catalog does not know, with what can be assumed of it."""

from collections.abc import Mapping
from datetime import date

from trunkline.catalog.entries import EndpointEntry, ModelEntry, PriceTable, ProviderEntry
from trunkline.catalog.types import Auth
from trunkline.catalog.vocabulary import INPUT_MODALITIES
from trunkline.protocols.requests import PARAMETERS

DEFAULT_PROTOCOL = "openai-chat"

_KEY_HEADER: Mapping[str, str] = {"anthropic-messages": "x-api-key", "google-gemini": "x-goog-api-key"}
"""Where servers of a protocol look for the key, if not for a bearer."""
_FREE_OF_CHARGE: PriceTable = {"prompt": "0", "completion": "0"}
_EPOCH = date(1970, 1, 1)


def new_provider(slug: str, protocol: str | None, base_url: str) -> ProviderEntry:
    """A server at an address, asked with a key if there is one, in the way of its protocol. Nothing is known of its
    data policy."""
    spoken = protocol or DEFAULT_PROTOCOL
    header = _KEY_HEADER.get(spoken)
    return ProviderEntry(
        slug=slug,
        name=_title(slug),
        protocol=spoken,
        protocols=(spoken,),
        base_url=base_url.rstrip("/"),
        auth=Auth(optional=True) if header is None else Auth(scheme="header", header=header, optional=True),
    )


def new_model(model_id: str, generated: str) -> ModelEntry:
    """A chat model of which nothing is known but its id; its age is the catalog's."""
    author, _, slug = model_id.partition("/")
    return ModelEntry(
        id=model_id,
        canonical_slug=model_id,
        author=author,
        name=f"{_title(author)}: {_title(slug)}",
        short_name=_title(slug),
        created=(date.fromisoformat(generated) - _EPOCH).days * 86_400,
    )


def new_endpoint(model: ModelEntry, provider: ProviderEntry, *, guessed: bool) -> EndpointEntry:
    """An endpoint to lay the operator's fields over.

    A model of which nothing is known (`guessed`) is refused nothing: the server behind it knows better what it takes.
    An engine of the operator's own costs nothing unless a price is set; any other endpoint without price has none.
    """
    return EndpointEntry(
        tag=provider.slug,
        provider=provider.slug,
        upstream_model=model.id.partition("/")[2],
        protocol=provider.protocol,
        context_length=model.context_length,
        max_output_tokens=model.max_output_tokens,
        pricing=_FREE_OF_CHARGE if provider.kind == "local" else None,
        supported_parameters=model.supported_parameters or tuple(sorted(PARAMETERS)),
        input_modalities=tuple(sorted(INPUT_MODALITIES)) if guessed else None,
    )


def _title(slug: str) -> str:
    """`rocket-1` as `Rocket 1`."""
    return " ".join(word[:1].upper() + word[1:] for word in slug.replace("_", "-").split("-"))
