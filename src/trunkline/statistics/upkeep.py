"""What old sums become: dropped, since pages ask for hours only of the last months (site.md 17)."""

from sqlalchemy import Connection, delete, select

from trunkline.core.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from trunkline.statistics.counting import MINUTES_KEPT
from trunkline.storage.tables import (
    accounts,
    endpoint_hours,
    endpoint_minutes,
    session_days,
    usage_hours,
)

HOURS_KEPT_DAYS = 93
"""Hours of usage: three months by hour, everything older by day."""
SESSIONS_KEPT_DAYS = 45
"""The cost of sessions looks back 30 days from the end of a week."""
MEASUREMENTS_KEPT_DAYS = 400


def drop_old(connection: Connection, now_ms: int) -> None:
    """Delete what is past its time. Cheap when it runs every hour."""
    connection.execute(delete(endpoint_minutes).where(endpoint_minutes.c.minute < now_ms // MINUTE_MS - MINUTES_KEPT))
    oldest_hour = now_ms // HOUR_MS - MEASUREMENTS_KEPT_DAYS * 24
    connection.execute(delete(endpoint_hours).where(endpoint_hours.c.hour < oldest_hour))
    connection.execute(delete(session_days).where(session_days.c.day < now_ms // DAY_MS - SESSIONS_KEPT_DAYS))
    oldest_hour = (now_ms // DAY_MS - HOURS_KEPT_DAYS) * 24
    for account_id in connection.execute(select(accounts.c.id)).scalars().all():
        of_account = usage_hours.c.account_id == account_id
        connection.execute(delete(usage_hours).where(of_account, usage_hours.c.hour < oldest_hour))
