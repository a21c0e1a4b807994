"""Which host names restrict requests to a region (routing-and-catalog.md 14)."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from trunkline.routing.policy import Region
from trunkline.settings import Settings

_REGIONS: tuple[Region, ...] = ("eu", "us")


def regional_hosts(settings: Settings) -> Mapping[str, Region]:
    """Host in lower case, without port → region."""
    own = urlsplit(settings.public_url).hostname or ""
    hosts: dict[str, Region] = {f"{region}.{own}": region for region in _REGIONS}
    hosts.update({host.lower(): region for host, region in settings.server.regional_hosts.items()})
    return hosts


def region_of(hosts: Mapping[str, Region], host: bytes) -> Region | None:
    """The region that a `Host` header stands for."""
    name = host.decode("latin-1").lower()
    return hosts.get(name) or hosts.get(name.rpartition(":")[0])
