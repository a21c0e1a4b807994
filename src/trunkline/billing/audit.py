"""Recomputes every sum from the append-only ledger and the generations, and names what differs (operating.md OP-34).

Each check is one statement that returns only differences, so memory is bounded whatever the tables hold; the
database streams and sorts on disk.
"""

from collections.abc import Iterator

from msgspec import Struct
from sqlalchemy import Connection, bindparam, text

from trunkline.billing.ledger import USAGE_KINDS
from trunkline.core.calendar import DAY_MS
from trunkline.core.money import format_usd
from trunkline.storage.retention import kept_from_day

DIFFERENCES_MAX = 1_000
"""Reported for each check: enough to see the pattern of a broken ledger."""


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that does not agree. `subject` is an id; `message` says what, with both numbers."""

    check: str
    subject: str
    message: str


class _Check(Struct, frozen=True):
    name: str
    statement: str
    message: str
    """Formatted with the row's columns; those named `…_nanousd` as amounts of money."""


# Stored and recomputed values are laid over each other with UNION ALL: what is on one side only differs too.
_ACCOUNT_SUMS = _Check(
    "account sums",
    """
    SELECT id AS subject,
           SUM(stored_credits) AS stored_credits_nanousd, SUM(credits) AS credits_nanousd,
           SUM(stored_usage) AS stored_usage_nanousd, SUM(used) AS usage_nanousd
    FROM (
        SELECT id, credits_nanousd AS stored_credits, 0 AS credits, usage_nanousd AS stored_usage, 0 AS used
        FROM accounts
        UNION ALL
        SELECT account_id, 0, SUM(CASE WHEN kind IN :usage_kinds THEN 0 ELSE amount_nanousd END),
               0, SUM(CASE WHEN kind IN :usage_kinds THEN -amount_nanousd ELSE 0 END)
        FROM ledger GROUP BY account_id
    ) AS both_sides
    GROUP BY id
    HAVING SUM(stored_credits) <> SUM(credits) OR SUM(stored_usage) <> SUM(used)
    LIMIT :most
    """,
    "account has credits {stored_credits_nanousd} and usage {stored_usage_nanousd}, "
    "its ledger says {credits_nanousd} and {usage_nanousd}",
)

_KEY_DAYS = _Check(
    "key usage",
    """
    SELECT key_hash AS subject, day,
           SUM(stored_usage) AS stored_usage_nanousd, SUM(used) AS usage_nanousd,
           SUM(stored_byok) AS stored_byok_nanousd, SUM(byok) AS byok_nanousd,
           SUM(stored_requests) AS stored_requests, SUM(requests) AS requests
    FROM (
        SELECT key_hash, day, usage_nanousd AS stored_usage, 0 AS used, byok_nanousd AS stored_byok, 0 AS byok,
               requests AS stored_requests, 0 AS requests
        FROM key_usage WHERE day >= :from_day
        UNION ALL
        SELECT key_hash, created_at_ms / :day_ms, 0, SUM(CASE WHEN charged THEN cost_nanousd ELSE 0 END),
               0, SUM(CASE WHEN is_byok THEN upstream_cost_nanousd ELSE 0 END), 0, COUNT(*)
        FROM generations WHERE created_at_ms >= :from_ms GROUP BY 1, 2
    ) AS both_sides
    GROUP BY key_hash, day
    HAVING SUM(stored_usage) <> SUM(used) OR SUM(stored_byok) <> SUM(byok) OR SUM(stored_requests) <> SUM(requests)
    LIMIT :most
    """,
    "key's day {day} has usage {stored_usage_nanousd}, BYOK {stored_byok_nanousd}, {stored_requests} requests; "
    "its generations say {usage_nanousd}, {byok_nanousd}, {requests}",
)

_CREDENTIAL_DAYS = _Check(
    "own provider keys' usage",
    """
    SELECT credential_id AS subject, day,
           SUM(stored_list) AS stored_list_nanousd, SUM(list) AS list_nanousd,
           SUM(stored_fee) AS stored_fee_nanousd, SUM(fee) AS fee_nanousd,
           SUM(stored_requests) AS stored_requests, SUM(requests) AS requests
    FROM (
        SELECT credential_id, day, list_nanousd AS stored_list, 0 AS list, fee_nanousd AS stored_fee, 0 AS fee,
               requests AS stored_requests, 0 AS requests
        FROM credential_usage WHERE day >= :from_day
        UNION ALL
        SELECT credential_id, created_at_ms / :day_ms, 0, SUM(upstream_cost_nanousd),
               0, SUM(CASE WHEN charged THEN cost_nanousd ELSE 0 END), 0, COUNT(*)
        FROM generations WHERE credential_id IS NOT NULL AND created_at_ms >= :from_ms GROUP BY 1, 2
    ) AS both_sides
    GROUP BY credential_id, day
    HAVING SUM(stored_list) <> SUM(list) OR SUM(stored_fee) <> SUM(fee) OR SUM(stored_requests) <> SUM(requests)
    LIMIT :most
    """,
    "own provider key's day {day} has list price {stored_list_nanousd}, fees {stored_fee_nanousd}, "
    "{stored_requests} requests; its generations say {list_nanousd}, {fee_nanousd}, {requests}",
)

_UNBILLED = _Check(
    "generations in the ledger",
    """
    SELECT generations.id AS subject, generations.cost_nanousd AS cost_nanousd,
           ledger.amount_nanousd AS entry_nanousd, ledger.account_id AS payer
    FROM generations LEFT JOIN ledger ON ledger.key = 'usage:' || generations.id
    WHERE generations.charged AND generations.cost_nanousd > 0
      AND (ledger.key IS NULL OR ledger.amount_nanousd <> -generations.cost_nanousd
           OR ledger.account_id <> generations.account_id
           OR ledger.kind <> CASE WHEN generations.is_byok THEN 'byok_fee' ELSE 'usage' END)
    LIMIT :most
    """,
    "generation cost {cost_nanousd}; its ledger entry is {entry_nanousd} of account {payer}",
)

_UNEARNED = _Check(
    "ledger entries for generations",
    """
    SELECT ledger.reference AS subject, ledger.amount_nanousd AS entry_nanousd
    FROM ledger LEFT JOIN generations ON generations.id = ledger.reference
    WHERE ledger.kind IN ('usage', 'byok_fee') AND ledger.at_ms >= :booked_from_ms
      AND (generations.id IS NULL OR NOT generations.charged OR generations.cost_nanousd <= 0)
    LIMIT :most
    """,
    "ledger entry of {entry_nanousd} without a generation that was charged",
)

_TWICE = _Check(
    "one usage entry for each generation",
    """
    SELECT reference AS subject, COUNT(*) AS entries, SUM(amount_nanousd) AS total_nanousd
    FROM ledger WHERE kind IN ('usage', 'byok_fee') GROUP BY reference HAVING COUNT(*) > 1
    LIMIT :most
    """,
    "{entries} usage entries, {total_nanousd} together (LED-03 allows one)",
)

# What waits to be counted is added to what was.
_ROLLUPS = _Check(
    "rollups by key and day",
    """
    SELECT key_hash AS subject, day,
           SUM(counted_usage) AS counted_usage_nanousd, SUM(used) AS usage_nanousd,
           SUM(counted_byok) AS counted_byok_nanousd, SUM(byok) AS byok_nanousd,
           SUM(counted) AS counted, SUM(requests) AS requests
    FROM (
        SELECT key_hash, day, 0 AS counted_usage, usage_nanousd AS used, 0 AS counted_byok, byok_nanousd AS byok,
               0 AS counted, requests
        FROM key_usage
        UNION ALL
        SELECT key_hash, day, usage_nanousd, 0, byok_nanousd, 0, generations, 0 FROM usage_days
        UNION ALL
        SELECT generations.key_hash, generations.created_at_ms / :day_ms,
               CASE WHEN generations.charged THEN generations.cost_nanousd ELSE 0 END, 0,
               CASE WHEN generations.is_byok THEN generations.upstream_cost_nanousd ELSE 0 END, 0, 1, 0
        FROM rollup_queue JOIN generations ON generations.id = rollup_queue.generation_id
    ) AS both_sides
    GROUP BY key_hash, day
    HAVING SUM(counted_usage) <> SUM(used) OR SUM(counted_byok) <> SUM(byok) OR SUM(counted) <> SUM(requests)
    LIMIT :most
    """,
    "rollups of day {day} have usage {counted_usage_nanousd}, BYOK {counted_byok_nanousd}, {counted} generations; "
    "the key has {usage_nanousd}, {byok_nanousd}, {requests}; `trunkline db rollups --rebuild` counts anew",
)

_HOURS = _Check(
    "rollups by hour",
    """
    SELECT account_id AS subject, day,
           SUM(hourly_usage) AS hourly_usage_nanousd, SUM(used) AS usage_nanousd,
           SUM(hourly) AS hourly, SUM(requests) AS requests
    FROM (
        SELECT account_id, hour / 24 AS day, usage_nanousd AS hourly_usage, 0 AS used, generations AS hourly,
               0 AS requests
        FROM usage_hours
        UNION ALL
        SELECT account_id, day, 0, usage_nanousd, 0, generations
        FROM usage_days WHERE day >= (SELECT MIN(hour) / 24 FROM usage_hours)
    ) AS both_sides
    GROUP BY account_id, day
    HAVING SUM(hourly_usage) <> SUM(used) OR SUM(hourly) <> SUM(requests)
    LIMIT :most
    """,
    "hours of day {day} have usage {hourly_usage_nanousd} and {hourly} generations; the day has {usage_nanousd} and "
    "{requests}",
)

_CHECKS = (_ACCOUNT_SUMS, _KEY_DAYS, _CREDENTIAL_DAYS, _UNBILLED, _UNEARNED, _TWICE, _ROLLUPS, _HOURS)


def audit(connection: Connection) -> list[Difference]:
    """Everything that does not agree; empty when the books are right.

    Days whose generations were pruned (GEN-12) are compared only as far as the ledger goes. Run it in one read
    transaction (`Database.read`): then it is right also while requests are being settled.
    """
    from_day = kept_from_day(connection)
    return [difference for check in _CHECKS for difference in _run(connection, check, from_day)]


def _run(connection: Connection, check: _Check, from_day: int) -> Iterator[Difference]:
    values = {
        "most": DIFFERENCES_MAX,
        "from_day": from_day,
        "from_ms": from_day * DAY_MS,
        # An entry is booked when its request ends, which may be on the day after the one that it began on.
        "booked_from_ms": (from_day + 1) * DAY_MS if from_day else 0,
        "day_ms": DAY_MS,
        "usage_kinds": sorted(USAGE_KINDS),
    }
    used = {name: value for name, value in values.items() if f":{name}" in check.statement}
    statement = text(check.statement)
    if "usage_kinds" in used:
        statement = statement.bindparams(bindparam("usage_kinds", expanding=True))
    for row in connection.execute(statement, used).mappings():
        shown = {name: _shown(name, value) for name, value in row.items()}
        yield Difference(check=check.name, subject=shown["subject"], message=check.message.format(**shown))


def _shown(name: str, value: object) -> str:
    if value is None:
        return "missing"
    return format_usd(int(str(value))) if name.endswith("_nanousd") else str(value)
