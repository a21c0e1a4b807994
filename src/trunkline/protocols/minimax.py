"""MiniMax's own results: they come with HTTP status 200, and 0 is the only good one."""

from typing import Final

from msgspec import Struct

from trunkline.protocols.events import UpstreamFault

_STATUS: Final = {
    1001: 504,
    1002: 429,
    1004: 401,
    1008: 402,
    1026: 400,
    1027: 400,
    1039: 429,
    1042: 400,
    2013: 400,
    2049: 401,
}
"""What its codes are in HTTP: time, rate, key, money, content (asked, answered), tokens, letters, parameters, key."""


class Result(Struct, frozen=True):
    """`base_resp`."""

    status_code: int = 0
    status_msg: str = ""


def result_fault(result: Result) -> UpstreamFault:
    """The fault that a result other than 0 tells."""
    status = _STATUS.get(result.status_code, 200)
    return UpstreamFault(status=status, code=str(result.status_code), message=result.status_msg)
