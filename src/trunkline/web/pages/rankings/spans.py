"""The period that the page looks at."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Span = Literal["day", "week", "month"]
SPAN_DAYS: Mapping[Span, int] = {"day": 1, "week": 7, "month": 30}
SPAN_TITLES: Mapping[Span, str] = {"day": "Today", "week": "Week", "month": "Month"}


class Window(Struct, frozen=True):
    """Days since 1970, both included; today is not over."""

    span: Span
    today: int

    @property
    def first(self) -> int:
        return self.today - self.length + 1

    @property
    def length(self) -> int:
        return SPAN_DAYS[self.span]


def read_span(value: str | None) -> Span:
    """The period of an address; a week for anything unknown."""
    match value:
        case "day" | "month":
            return value
        case _:
            return "week"
