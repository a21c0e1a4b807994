"""Faults that a request may ask for through `user`: `sandbox:status=503`, `sandbox:ttft=2.5,break_after=5`."""

from msgspec import Struct

from trunkline.core.errors import InvalidRequest

PREFIX = "sandbox:"
WAIT_S_MAX = 600.0
EXAMPLES = "status=503, retry_after=1, ttft=2.5, stall_after=3, break_after=5, no_finish=1, no_usage=1, garbage=1"


class Fault(Struct, frozen=True, kw_only=True):
    """What goes wrong. Counts are of content chunks; times in seconds. The defaults are a healthy provider."""

    status: int = 200
    retry_after_s: int | None = None
    first_token_s: float | None = None
    stall_after: int | None = None
    break_after: int | None = None
    no_finish: bool = False
    no_usage: bool = False
    garbage: bool = False


def parse_fault(user: str | None) -> Fault:
    """Read the directive out of a request's `user`; a user without the prefix asks for nothing.

    Raises InvalidRequest naming what is not understood.
    """
    if user is None or not user.startswith(PREFIX):
        return Fault()
    numbers: dict[str, float] = {}
    for item in user.removeprefix(PREFIX).split(","):
        name, equals, text = item.strip().partition("=")
        try:
            numbers[name] = float(text) if equals else 1.0
        except ValueError:
            raise _not_understood(item) from None
    unknown = numbers.keys() - _NAMES
    if unknown:
        raise _not_understood(sorted(unknown)[0])
    if any(not 0 <= number <= _MOST.get(name, WAIT_S_MAX) for name, number in numbers.items()):
        raise _not_understood(user)
    return Fault(
        status=int(numbers.get("status", 200)),
        retry_after_s=_whole(numbers.get("retry_after")),
        first_token_s=numbers.get("ttft"),
        stall_after=_whole(numbers.get("stall_after")),
        break_after=_whole(numbers.get("break_after")),
        no_finish=bool(numbers.get("no_finish")),
        no_usage=bool(numbers.get("no_usage")),
        garbage=bool(numbers.get("garbage")),
    )


_NAMES = {"status", "retry_after", "ttft", "stall_after", "break_after", "no_finish", "no_usage", "garbage"}
_MOST = {"status": 599.0, "retry_after": 86_400.0, "stall_after": 1e6, "break_after": 1e6}


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _not_understood(what: str) -> InvalidRequest:
    return InvalidRequest(
        f"The Sandbox does not understand {what[:80]!r} in `user`. Ask for faults like sandbox:{EXAMPLES}.",
        field="user",
    )
