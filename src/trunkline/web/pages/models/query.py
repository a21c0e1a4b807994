"""The address of the models page: the API's own parameters, and a few more (site.md MOD-03).

What cannot be used is left out and named in a notice, never an error.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct
from starlette.datastructures import QueryParams

from trunkline.listing.facts import InstanceFacts
from trunkline.listing.filters import complaint

Format = Literal["list", "table", "cards"]
DEFAULT_SORT = "newest"
DEFAULTS = (("output_modalities", ["text"]),)
"""Filters that say what goes without saying."""
VALUE_SHOWN = 60
"""Characters of an unusable value that the notice repeats."""

LISTS = ("output_modalities", "input_modalities", "supported_parameters", "model_authors", "providers")
"""Names whose values are comma lists."""
FILTERS = (
    *LISTS,
    *("q", "arch", "category", "distillable", "zdr", "region", "context", "min_price", "max_price"),
    *("min_output_price", "max_output_price", "min_age_days", "max_age_days", "min_tool_success_rate"),
    *("max_tool_success_rate", "min_intelligence_index", "max_intelligence_index", "min_coding_index"),
    *("max_coding_index", "min_agentic_index", "max_agentic_index"),
)


class ModelsQuery(Struct, frozen=True, kw_only=True):
    """What is asked, in the API's words."""

    filters: Mapping[str, str]
    sort: str = DEFAULT_SORT
    format: Format = "list"
    ignored: tuple[str, ...] = ()
    """`name=value` of what could not be used."""

    @property
    def api(self) -> dict[str, str]:
        """The query of `GET /api/v1/models` with the same rows in the same order."""
        return {**self.filters, "sort": self.sort}

    def values(self, name: str) -> tuple[str, ...]:
        """What is chosen of a comma list."""
        return tuple(filter(None, self.filters.get(name, "").split(",")))


def read_query(params: QueryParams, facts: InstanceFacts) -> ModelsQuery:
    """Read an address; repeated parameters, as forms without scripts send them, count as one list."""
    given = dict(_given(params))
    if given.pop("pricing", None) == "free":
        given["max_price"] = "0"
    sort = given.pop("sort", None) or given.pop("order", None) or DEFAULT_SORT
    ignored: list[str] = []
    if complaint({"sort": sort}, facts) is not None:
        ignored.append(f"sort={sort[:VALUE_SHOWN]}")
        sort = DEFAULT_SORT
    filters: dict[str, str] = {}
    for name in FILTERS:
        usable = [part for part in _parts(name, given.get(name, "")) if _is_usable(name, part, facts, ignored)]
        if usable and (name, usable) not in DEFAULTS:
            filters[name] = ",".join(usable)
    return ModelsQuery(
        filters=filters,
        sort=sort,
        format=_format(params.get("fmt")),
        ignored=tuple(ignored),
    )


def _given(params: QueryParams) -> Iterator[tuple[str, str]]:
    for name in params:
        yield name, ",".join(value for value in params.getlist(name) if value.strip())


def _parts(name: str, value: str) -> list[str]:
    parts = value.split(",") if name in LISTS else [value]
    return [part.strip() for part in parts if part.strip()]


def _is_usable(name: str, value: str, facts: InstanceFacts, ignored: list[str]) -> bool:
    if complaint({name: value}, facts) is None:
        return True
    ignored.append(f"{name}={value[:VALUE_SHOWN]}")
    return False


def _format(value: str | None) -> Format:
    match value:
        case "table" | "cards":
            return value
        case _:
            return "list"
