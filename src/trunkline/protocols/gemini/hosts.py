"""Google's two services with this format, by what differs between them (inference.md 30.12)."""

from functools import lru_cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from trunkline.protocols.gemini.families import Family, family_of


class Host(Struct, frozen=True, kw_only=True):
    """One service. The defaults are those of AI Studio."""

    collection: str = "models"
    """Where the models stand under the base URL."""
    call_ids: bool = True
    """Takes ids on calls and results."""
    opens_addresses: bool = True
    """Opens addresses of files. Vertex would open them as the operator, whose buckets are not the caller's to read."""
    announces_search: bool = True
    """Wants to be told that its own tools are mixed with the caller's."""

    def resource(self, upstream_model: str) -> str:
        """The model as it is named under the base URL."""
        return upstream_model if "/" in upstream_model else f"{self.collection}/{upstream_model}"

    def family(self, upstream_model: str) -> Family:
        """The model's family, as far as this service lets it."""
        family = family_of(upstream_model)
        return family if self.opens_addresses else _without_addresses(family)


@lru_cache(maxsize=64)
def _without_addresses(family: Family) -> Family:
    return replace(family, opens_addresses=False)


AI_STUDIO: Final = Host()
VERTEX: Final = Host(
    collection="publishers/google/models", call_ids=False, opens_addresses=False, announces_search=False
)
