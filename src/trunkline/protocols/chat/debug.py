"""The debug chunk of a stream: what was sent to a provider, before anything of its answer (inference.md 4.6)."""

from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.answers import AnswerIdentity
from trunkline.protocols.echo import redact_for_echo


class _Debug(Struct, frozen=True):
    echo_upstream_body: Raw


class _DebugChunk(Struct, frozen=True):
    id: str
    object: str
    created: int
    model: str
    provider: str
    choices: tuple[()]
    debug: _Debug


def debug_chunk(identity: AnswerIdentity, upstream_body: bytes) -> bytes:
    """One event with `choices: []` and the redacted body."""
    chunk = _DebugChunk(
        identity.generation_id,
        "chat.completion.chunk",
        identity.created_s,
        identity.model,
        identity.provider,
        (),
        _Debug(redact_for_echo(upstream_body)),
    )
    return b"data: " + json.encode(chunk) + b"\n\n"
