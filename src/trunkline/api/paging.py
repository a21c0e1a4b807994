"""`offset` and `limit` of lists (accounts-and-governance.md 0.4)."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from trunkline.api.bodies import Issue, invalid
from trunkline.api.operations import Parameter
from trunkline.api.queries import offset

PAGE_DEFAULT: Final = 50
PAGE_MAX: Final = 100
PAGING: Final = (
    Parameter(name="offset", type=Annotated[int, Meta(ge=0)], description="How many to skip"),
    Parameter(name="limit", type=Annotated[int, Meta(ge=1, le=PAGE_MAX)], description="How many to list at most"),
)
_NUMBER: Final = re.compile(r"\d{1,4}", re.ASCII)


def paging(query: Mapping[str, str]) -> tuple[int, int]:
    """(offset, limit). Raises InvalidRequest."""
    limit = query.get("limit", str(PAGE_DEFAULT))
    if _NUMBER.fullmatch(limit) is None or not 1 <= int(limit) <= PAGE_MAX:
        raise invalid([Issue("limit", f"must be a whole number from 1 to {PAGE_MAX}")])
    return offset(query), int(limit)
