"""Days and moments, in UTC: what is rendered on the server cannot know the viewer's zone (site.md NUM-04)."""

from datetime import UTC, date, datetime

from trunkline.core.calendar import DAY_MS

NEW_DAYS = 14
"""How long a model is called new (site.md MOD-05)."""


def day(created_s: int) -> str:
    """`3 Dec 2024`."""
    moment = datetime.fromtimestamp(created_s, UTC)
    return f"{moment.day} {moment:%b %Y}"


def iso_day(created_s: int) -> str:
    """`2024-12-03`."""
    return datetime.fromtimestamp(created_s, UTC).date().isoformat()


def calendar_day(iso: str) -> str:
    """A catalog date, `2024-12-03`, as `3 Dec 2024`; a month, `2024-12`, as `Dec 2024`."""
    if iso.count("-") == 1:
        return f"{date.fromisoformat(f'{iso}-01'):%b %Y}"
    if iso.count("-") == 0:
        return iso
    found = date.fromisoformat(iso)
    return f"{found.day} {found:%b %Y}"


def is_new(created_s: int, now_ms: int) -> bool:
    """Whether a model came out in the last two weeks."""
    return 0 <= now_ms - created_s * 1000 < NEW_DAYS * DAY_MS


def moment(at_ms: int) -> str:
    """`22 Nov 2026, 12:00 UTC`."""
    found = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{found.day} {found:%b %Y, %H:%M} UTC"


def iso_moment(at_ms: int) -> str:
    """For `<time datetime>`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
