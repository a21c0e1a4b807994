"""An upstream's failure, classified once: what the caller is told, and who may be tried next.

The table is routing-and-catalog.md 6 (with inference.md 5.5). Each protocol's `errors.py` reads its own bodies and
answers with a `Classified`; routing and settlement never look at status codes again.
"""

from typing import Literal

from msgspec import Struct

from trunkline.core.errors import ErrorType
from trunkline.protocols.events import UpstreamFault

NextEndpoint = Literal["any", "larger_context", "unmoderated", "none"]


class Classified(Struct, frozen=True, kw_only=True):
    """A fault with its consequences."""

    fault: UpstreamFault
    error_type: ErrorType
    status: int
    """HTTP status towards the caller if this is the last word."""
    next_endpoint: NextEndpoint
    """Which endpoints of the same model may be tried after it."""
    next_model: bool
    transient: bool
    """5xx, timeouts and network: counts for `temporarily_unavailable`."""
    counts_against_uptime: bool
    safe_message: str | None = None
    """The upstream's own sentence where it is a validation message that may be shown; else None."""
