"""What one account used, by hour or day and by model, key or provider: its activity page (site.md 17)."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from sqlalchemy import BigInteger, Connection, cast, func, select

from trunkline.core.money import NanoUsd
from trunkline.storage.tables import usage_days, usage_hours

Bucket = Literal["hour", "day"]
Grouping = Literal["model", "key", "provider"]

_COLUMNS: Mapping[Grouping, str] = {"model": "model", "key": "key_hash", "provider": "provider_name"}


class UsageQuery(Struct, frozen=True, kw_only=True):
    """Whose usage, from which bucket on (whole hours or days since 1970, UTC), and how it is split."""

    account_id: str
    bucket: Bucket
    first: int
    group: Grouping
    key_hash: str | None = None


class UsageSum(Struct, frozen=True):
    """One group in one bucket."""

    at: int
    group: str
    requests: int
    failures: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cached_tokens: int
    usage_nanousd: NanoUsd
    byok_nanousd: NanoUsd


def sum_usage(connection: Connection, query: UsageQuery) -> list[UsageSum]:
    """Oldest bucket first; buckets without a generation are absent."""
    table = usage_hours if query.bucket == "hour" else usage_days
    at, group = table.c[query.bucket], table.c[_COLUMNS[query.group]]
    where = [table.c.account_id == query.account_id, at >= query.first]
    if query.key_hash is not None:
        where.append(table.c.key_hash == query.key_hash)
    amounts = [cast(func.sum(table.c[name]), BigInteger) for name in UsageSum.__struct_fields__[2:]]
    rows = connection.execute(select(at, group, *amounts).where(*where).group_by(at, group).order_by(at, group))
    return [UsageSum(*row) for row in rows]
