"""What a client is told of a fault inside an answer that it gets all the same."""

from trunkline.core.errors import TrunklineError
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.classify import classify_fault


def error_of(fault: UpstreamFault) -> TrunklineError:
    """The fault as an error, with the provider's own sentence only where that explains the request's mistake."""
    classified = classify_fault(fault)
    return TrunklineError(
        classified.safe_message or "Provider returned error",
        status=classified.status,
        error_type=classified.error_type,
        provider_code=fault.code,
    )
