"""How much one upstream request for embeddings may hold, by the providers' documentation (inference.md 20: split and
merge).

Tokens are estimated here, so the bounds on them stay below the documented ones.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from trunkline.protocols.answers import UpstreamTarget


class Limits(Struct, frozen=True, kw_only=True):
    """None: not limited."""

    inputs: int | None = None
    tokens: int | None = None


_NONE: Final = Limits()
OF_PROVIDER: Final[Mapping[str, Limits]] = {
    "openai": Limits(inputs=2048, tokens=200_000),  # 300,000 tokens
    "azure": Limits(inputs=2048, tokens=200_000),
    "cohere": Limits(inputs=96),
    "google-ai-studio": Limits(inputs=100),
    "google-vertex": Limits(inputs=1),
    "mistral": Limits(inputs=512, tokens=10_000),  # 16,384 tokens
    "perplexity": Limits(inputs=512, tokens=80_000),  # 120,000 tokens
    "voyageai": Limits(inputs=1000, tokens=80_000),  # 120,000 tokens of the large models
    "deepinfra": Limits(inputs=1024),
}
"""By provider slug. An endpoint's own `max_inputs` goes before."""


def limits_of(target: UpstreamTarget) -> Limits:
    """What one request to this endpoint may hold."""
    known = OF_PROVIDER.get(target.provider, _NONE)
    return known if target.max_inputs is None else replace(known, inputs=target.max_inputs)
