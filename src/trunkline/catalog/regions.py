"""Where an endpoint keeps the data of a request (routing-and-catalog.md 1, 20.1 and 24.3)."""

from collections.abc import Collection

_EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 -- a table
)


def data_regions(region: str | None, datacenters: Collection[str]) -> frozenset[str]:
    """`eu`, `us` or nothing that can be promised.

    An endpoint's own region decides; without one the provider's countries do, if all of them lie in the same region.
    """
    if region is not None:
        return frozenset({region} & {"eu", "us"})
    if datacenters and _EU.issuperset(datacenters):
        return frozenset({"eu"})
    return frozenset({"us"}) if set(datacenters) == {"US"} else frozenset()
