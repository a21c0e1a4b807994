"""Services that speak this format, by what differs between them (inference.md 30.6, 30.12)."""

from typing import Final

from msgspec import Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.betas import STRUCTURED_OUTPUTS


class Host(Struct, frozen=True, kw_only=True):
    """One service. The defaults are Anthropic's own ways."""

    version_in_body: str | None = None
    """`anthropic_version` of the body; None: a header tells it. Such a service is told the model by the path alone."""
    fetches: bool = True
    """Opens the addresses of images and documents."""
    has_tiers: bool = True
    """Takes `service_tier`."""
    refused_betas: frozenset[str] = frozenset()
    """Flags that it refuses, since it needs none for what they name."""

    def path(self, target: UpstreamTarget, *, stream: bool) -> str:
        """Under the base URL."""
        if self.version_in_body is None:
            return "messages"
        operation = "streamRawPredict" if stream else "rawPredict"
        return f"publishers/anthropic/models/{target.upstream_model}:{operation}"


ANTHROPIC: Final = Host()
VERTEX: Final = Host(
    version_in_body="vertex-2023-10-16",
    fetches=False,
    has_tiers=False,
    refused_betas=frozenset({STRUCTURED_OUTPUTS}),
)


def host_of(target: UpstreamTarget) -> Host:
    """The service behind an endpoint that speaks this format."""
    return VERTEX if target.protocol == "vertex-anthropic" else ANTHROPIC
