"""Which refusal a request gets that deserves several (accounts-and-governance.md 5): each row alone, and each together
with the next. Rows of what does not exist yet are absent: address lists (4), budgets (10, 11), guardrails (12, 13)."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import failure
from tests.instance import KEY, MANAGEMENT_KEY, Instance, endpoint
from tests.strangers import add_stranger, fund
from trunkline.settings import Billing, Limits, Server

pytestmark = pytest.mark.asyncio(loop_scope="module")
BODY_MIB_MAX = 1


@dataclass
class Call:
    """A request in order, until rows spoil it."""

    body: dict[str, Any]
    key: str = KEY
    padding: int = 0


@dataclass(frozen=True)
class House:
    """An instance, and keys that are refused each for one reason."""

    instance: Instance
    disabled: str
    exhausted: str
    small: str
    in_debt: str

    async def refusal(self, *rows: "Row") -> httpx.Response:
        call = Call({"model": "acme/rocket", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5})
        for row in rows:
            row.spoil(call, self)
        headers = {"Authorization": f"Bearer {call.key}"} if call.key else {}
        content = msgspec.json.encode(call.body) + b" " * call.padding
        async with httpx.AsyncClient(base_url=self.instance.base_url) as client:
            return await client.post("/chat/completions", content=content, headers=headers)


@dataclass(frozen=True)
class Row:
    """A check, how to fail it, and what is answered. `part` is what of the request that takes: two rows that need the
    same part cannot be failed together."""

    name: str
    part: str
    status: int
    error_type: str
    spoil: Callable[[Call, House], None]


def with_key(name: str) -> Callable[[Call, House], None]:
    return lambda call, house: setattr(call, "key", getattr(house, name))


def with_body(**members: Any) -> Callable[[Call, House], None]:
    return lambda call, _: call.body.update(members)


def set_key(secret: str) -> Callable[[Call, House], None]:
    return lambda call, _: setattr(call, "key", secret)


ROWS = [
    Row("1 no credentials", "key", 401, "authentication", set_key("")),
    Row("1 unknown key", "key", 401, "authentication", set_key("sk-tl-v1-" + "9" * 64)),
    Row("2 disabled key", "key", 401, "authentication", with_key("disabled")),
    Row("3 wrong kind", "key", 403, "permission_denied", set_key(MANAGEMENT_KEY)),
    Row("5 too large", "size", 413, "payload_too_large", lambda call, _: setattr(call, "padding", BODY_MIB_MAX << 20)),
    Row("5 invalid body", "body", 400, "invalid_request", with_body(temperature="hot")),
    Row("6 unknown model", "model", 400, "invalid_request", with_body(model="acme/no-such-model")),
    Row("7 free quota", "model", 429, "rate_limit_exceeded", with_body(model="acme/gift:free")),
    Row("8 balance", "key", 402, "payment_required", with_key("in_debt")),
    Row("9 key limit", "key", 402, "payment_required", with_key("exhausted")),
    Row("14 filtered", "provider", 404, "not_found", with_body(provider={"only": ["nobody"]})),
    Row("15 unaffordable", "key", 402, "payment_required", with_key("small")),
    Row("16 no capacity", "nothing", 429, "rate_limit_exceeded", lambda call, house: None),
]
MONEY = ("8 balance", "9 key limit", "14 filtered", "15 unaffordable")
"""After `6 unknown model` and `7 free quota` every one of these loses, not the next alone."""
PAIRS = [pair for pair in pairwise(ROWS) if pair[0].part != pair[1].part]
PAIRS += [(row, other) for row in ROWS if row.name[0] in "567" for other in ROWS if other.name in MONEY]
PAIRS += [(row, ROWS[5]) for row in ROWS[:4]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home: Path = tmp_path_factory.mktemp("order")
    async with FakeProvider() as provider:
        provider.always(failure(429, retry_after=1))
        gift = endpoint("acme/gift", provider, variant="free", pricing={"prompt": "0", "completion": "0"})
        async with Instance(
            home,
            endpoints=[endpoint("acme/rocket", provider), gift],
            limits=Limits(requests_per_second=0, free_requests_per_day=1),
            billing=Billing(mode="prepaid"),
            server=Server(request_limit_mb=BODY_MIB_MAX),
        ) as instance:
            await fund(instance, 10**12)
            debtor = (await add_stranger(instance, credits_nanousd=-1))["inference"]
            exhausted, _ = await new_key(instance, limit=0)
            small, _ = await new_key(instance, limit=0.000001)
            disabled, key_hash = await new_key(instance)
            assert (await instance.management.patch(f"/keys/{key_hash}", json={"disabled": True})).status_code == 200
            furnished = House(instance, disabled, exhausted, small, debtor)
            for key in (KEY, debtor):  # the one free request of the day
                await furnished.refusal(Row("", "", 0, "", set_key(key)), ROWS[7])
            yield furnished


async def new_key(instance: Instance, **members: Any) -> tuple[str, str]:
    response = await instance.management.post("/keys", json={"name": "k", **members})
    assert response.status_code == 201, response.text
    return response.json()["key"], response.json()["data"]["hash"]


def assert_refused_by(response: httpx.Response, row: Row) -> None:
    error = response.json()["error"]
    told = (response.status_code, error["code"], error["metadata"]["error_type"])
    assert told == (row.status, row.status, row.error_type), response.text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_each_row_alone_is_refused_with_its_status(house: House, row: Row) -> None:
    assert_refused_by(await house.refusal(row), row)


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda row: row.name)
async def test_of_two_rows_the_earlier_one_answers(house: House, first: Row, second: Row) -> None:
    assert_refused_by(await house.refusal(first, second), first)
    assert_refused_by(await house.refusal(second, first), first)
