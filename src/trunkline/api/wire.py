"""How values of the API are written: exact numbers of US dollars, UTC timestamps (VAL-01, VAL-02)."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from msgspec import Meta, Raw
from starlette.responses import Response

from trunkline.core import json
from trunkline.core.money import AMOUNT_USD_MAX, NANO_PER_USD, NanoUsd, usd_number

Usd = Annotated[Raw, Meta(extra_json_schema={"type": "number", "format": "double"})]
"""An exact JSON number of US dollars."""
UsdOrNull = Annotated[Raw, Meta(extra_json_schema={"type": ["number", "null"], "format": "double"})]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NULL = Raw(b"null")


def usd_or_null(amount_nanousd: NanoUsd | None) -> Raw:
    """An amount as an exact JSON number, null when there is none."""
    return _NULL if amount_nanousd is None else usd_number(amount_nanousd)


def nanousd(amount: Decimal) -> NanoUsd:
    """A caller's number of US dollars, rounded to the nano-dollar: clients compute limits in floats."""
    return NanoUsd(int((amount * NANO_PER_USD).to_integral_value(ROUND_HALF_UP)))


def limit_problem(value: object) -> str | None:
    """What is wrong with a credit limit (KEY-09); None may clear one."""
    if isinstance(value, Decimal) and not (value.is_finite() and 0 <= value <= AMOUNT_USD_MAX):
        return f"must be null or a number of US dollars from 0 to {AMOUNT_USD_MAX}"
    return None


def timestamp(at_ms: int) -> str:
    """ISO 8601 in UTC with milliseconds: `2026-08-24T10:30:00.000Z`."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def timestamp_or_null(at_ms: int | None) -> str | None:
    return None if at_ms is None else timestamp(at_ms)


def milliseconds(at: datetime) -> int:
    """An aware datetime as Unix milliseconds."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def json_response(payload: object, status: int = 200) -> Response:
    """`payload` as the JSON body of a response."""
    return Response(json.encode(payload), status, media_type="application/json")
