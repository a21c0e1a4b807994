"""Generation rows and accounts for tests of what stores them."""

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, func, insert, select

from trunkline.core.ids import generation_id
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation
from trunkline.storage.interface import GenerationRow
from trunkline.storage.tables import accounts, generations, key_usage, ledger

NOW_MS = 1_790_000_000_000
ACCOUNT = "user_alice"
KEY = "a" * 64


def a_generation() -> Generation:
    """A completed generation of Alice's that cost 1.5 microdollars; its id is new each time."""
    return Generation(
        id=generation_id(NOW_MS),
        request_id="req-1790000000-aaaaaaaaaaaaaaaaaaaa",
        account_id=ACCOUNT,
        workspace_id=None,
        key_hash=KEY,
        created_at_ms=NOW_MS,
        finished_at_ms=NOW_MS + 900,
        status="completed",
        model="openai/gpt-5",
        requested_model="openai/gpt-5",
        endpoint_id="openai/gpt-5@openai",
        provider_name="OpenAI",
        cost_nanousd=NanoUsd(1_500),
        upstream_cost_nanousd=NanoUsd(1_500),
        tokens_prompt=10,
        tokens_completion=20,
    )


def a_row(*, record: str | None = None, **changes: object) -> GenerationRow:
    """The row of `a_generation` with changes; `record` only where it is to disagree with the columns."""
    row = to_row(replace(a_generation(), **changes))
    return row if record is None else replace(row, record=record)


def open_account(connection: Connection, account_id: str = ACCOUNT) -> None:
    connection.execute(insert(accounts).values(id=account_id, name=account_id, created_at_ms=NOW_MS))


def books(connection: Connection) -> dict[str, int]:
    """The numbers that must agree, straight from the tables."""

    def one(column: ColumnElement[int]) -> int:
        return int(connection.execute(select(column)).scalar_one() or 0)

    return {
        "generations": one(func.count(generations.c.id)),
        "entries": one(func.count(ledger.c.id)),
        "ledger": one(func.sum(ledger.c.amount_nanousd)),
        "account usage": one(func.sum(accounts.c.usage_nanousd)),
        "key usage": one(func.sum(key_usage.c.usage_nanousd)),
        "key byok": one(func.sum(key_usage.c.byok_nanousd)),
        "key requests": one(func.sum(key_usage.c.requests)),
    }
