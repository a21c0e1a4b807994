"""How an answer ends in this format (inference.md 5.7, 17.3, 30.7)."""

from msgspec import Struct

from trunkline.core.errors import ProviderUnavailable, TrunklineError
from trunkline.protocols.events import FinishReason
from trunkline.protocols.responses.inbound.errors import LENGTH_ERRORS
from trunkline.protocols.responses.inbound.item_writer import ItemStatus
from trunkline.protocols.responses.inbound.response_object import IncompleteReason, ResponseStatus


class Ending(Struct, frozen=True):
    """The status of the response, and why it is not a better one."""

    status: ResponseStatus
    incomplete: IncompleteReason | None = None
    error: TrunklineError | None = None

    @property
    def item_status(self) -> ItemStatus:
        """Of the item that was open when the answer ended."""
        return "completed" if self.status == "completed" else "incomplete"


def ending_of(reason: FinishReason | None, *, has_refusal: bool) -> Ending:
    """The end that the upstream told. A refusal in words is a complete answer."""
    match reason:
        case "length":
            return Ending("incomplete", "max_output_tokens")
        case "content_filter" if not has_refusal:
            return Ending("incomplete", "content_filter")
        case "error":
            return Ending("failed", error=ProviderUnavailable("Provider returned error"))
        case _:
            return Ending("completed")


def ending_of_error(error: TrunklineError) -> Ending:
    """The end that came in place of one. A conversation that is too long only leaves no room for more."""
    if error.kind in LENGTH_ERRORS:
        return Ending("incomplete", "max_output_tokens")
    return Ending("failed", error=error)
