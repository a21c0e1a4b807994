"""Who speaks OpenAI's embeddings with words of their own: data, not code."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.embeddings.purposes import Words


class Dialect(Struct, frozen=True, kw_only=True):
    """What a provider is sent and sends. The defaults are what every compatible server takes."""

    dimensions: str | None = "dimensions"
    """Its member for the asked width; None: its widths are fixed."""
    input_type: Words | None = None
    """Its words for what texts are for; None: it has no such member."""
    input_type_usual: str | None = None
    """Said where the caller says nothing, because the provider insists."""
    always: Mapping[str, JsonValue] = {}
    """Members of every request."""
    bytes_are_numbers: bool = False
    """Its base64 holds one signed number in each byte instead of float32."""


FIXED_WIDTH: Final = "no_dimensions"
"""Quirk: the model has one width, and refuses to be asked for another."""
_COMPATIBLE: Final = Dialect()
_BASE64: Final[Mapping[str, JsonValue]] = {"encoding_format": "base64"}
"""A quarter of the bytes and of the work that lists of decimal numbers are."""
_OPENAI: Final = Dialect(always=_BASE64)

OF_PROVIDER: Final[Mapping[str, Dialect]] = {
    "openai": _OPENAI,
    "azure": _OPENAI,
    "mistral": Dialect(dimensions="output_dimension"),
    "voyageai": Dialect(
        dimensions="output_dimension",
        input_type={"query": "query", "document": "document"},
        always={**_BASE64, "truncation": False},
    ),
    "nvidia": Dialect(
        input_type={"query": "query", "document": "passage"},
        input_type_usual="document",
        always={"encoding_format": "float", "truncate": "NONE"},
    ),
    "perplexity": Dialect(always={"encoding_format": "base64_int8"}, bytes_are_numbers=True),
    "openrouter": Dialect(input_type={}, always=_BASE64),
}
"""By provider slug."""
_FIXED_WIDTHS: Final = frozenset({"text-embedding-ada-002", "mistral-embed", "mistral-embed-2312"})
"""Upstream names of models that refuse to be asked for another width than theirs."""


def dialect_of(target: UpstreamTarget) -> Dialect:
    """How this endpoint speaks."""
    dialect = OF_PROVIDER.get(target.provider, _COMPATIBLE)
    if FIXED_WIDTH in target.quirks or target.upstream_model in _FIXED_WIDTHS:
        dialect = replace(dialect, dimensions=None)
    if dialect.input_type is None and "input_type" in target.passthrough:
        dialect = replace(dialect, input_type={})
    return dialect
