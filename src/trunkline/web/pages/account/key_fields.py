"""The fields of a key as a form sends them (KEY-08, KEY-09)."""

from trunkline.accounts.types import LimitReset
from trunkline.core.calendar import DAY_MS, parse_date
from trunkline.core.errors import InvalidRequest
from trunkline.core.money import NanoUsd, parse_amount
from trunkline.web.guard import Sent

NAME_MAX = 256


def key_name(sent: Sent) -> str:
    """Raises InvalidRequest."""
    name = sent.text("name")
    if not name or len(name) > NAME_MAX or not name.isprintable():
        raise InvalidRequest(f"A key needs a name of at most {NAME_MAX} printable characters.", field="name")
    return name


def key_limit(sent: Sent) -> NanoUsd | None:
    """US dollars; nothing is no limit. Raises InvalidRequest."""
    text = sent.text("limit").removeprefix("$")
    if not text:
        return None
    try:
        amount = parse_amount(text)
    except ValueError as error:
        raise InvalidRequest(f"Limit: {error}.", field="limit") from None
    if amount < 0:
        raise InvalidRequest("A limit is 0 or more US dollars; leave it empty for none.", field="limit")
    return amount


def key_reset(sent: Sent) -> LimitReset | None:
    """Raises InvalidRequest."""
    match sent.text("limit_reset"):
        case "":
            return None
        case "daily" | "weekly" | "monthly" as reset:
            return reset
        case other:
            raise InvalidRequest(f"A limit is reset daily, weekly, monthly or never, not {other[:20]!r}.")


def key_expiry_ms(sent: Sent, now_ms: int) -> int | None:
    """The end of the named UTC day; nothing is never. Raises InvalidRequest."""
    text = sent.text("expires")
    if not text:
        return None
    day = parse_date(text)
    if day is None:
        raise InvalidRequest(f"{text[:20]!r} is no date of the form YYYY-MM-DD.", field="expires")
    at_ms = (day + 1) * DAY_MS
    if at_ms <= now_ms:
        raise InvalidRequest("The key would have expired already: choose today or later.", field="expires")
    return at_ms


def require_typed(sent: Sent, name: str) -> None:
    """Whoever deletes types the name of what goes (UX-04). Raises InvalidRequest."""
    if sent.text("typed") != name.strip():
        raise InvalidRequest(f"Nothing was deleted: type “{name}” to confirm.", field="typed")
