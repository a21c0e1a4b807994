"""The debug event of a stream: what was sent to a provider, before anything of its answer (inference.md 17.4)."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.echo import redact_for_echo
from trunkline.protocols.sse import named_event

_TYPE = "response.debug"


def debug_event(upstream_body: bytes) -> bytes:
    """One event with the redacted body. It takes no number of the sequence, so that several may come."""
    echoed: dict[str, Raw] = {"echo_upstream_body": redact_for_echo(upstream_body)}
    return named_event(_TYPE, json.encode({"type": _TYPE, "debug": echoed, "sequence_number": 0}))
