"""The seam between the gateway and the wire formats: one upstream answer on its way to one client.

The gateway's relay loop is the same for every pair of formats and both paths:

    answer = open_stream(...)                       # native edit, or decoder + encoder through the hub
    while data := await upstream.read():            # bytes as they come
        out = answer.feed(data)                     # client bytes that may leave now, b"" if none
        if out and answer.facts.content_seen: await client.send(out)
    answer.close()                                  # the upstream ended; `facts` is final
    … settle: price `facts.usage`, write the record durably …
    await client.send(answer.tail(report))          # finish, usage chunk, end marker: only after the record is safe

`feed` never returns the bytes that end the answer: they come from `tail` or `error_tail`.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Raw, Struct

from trunkline.core.errors import TrunklineError
from trunkline.core.money import Charge
from trunkline.protocols.events import FinishReason, UpstreamFault, Usage
from trunkline.protocols.heard import Heard
from trunkline.protocols.media_use import MediaUse


class AnswerIdentity(Struct, frozen=True, kw_only=True):
    """What the gateway writes over an upstream's own words, in every chunk and body (inference.md 1.4)."""

    generation_id: str
    created_s: int
    model: str
    """Catalogue id of the model that serves, static variant suffix included."""
    provider: str
    """Display name of the serving provider."""


class UpstreamTarget(Struct, frozen=True, kw_only=True):
    """What an encoder must know of the endpoint that a request goes to."""

    provider: str
    """Slug."""
    upstream_model: str
    protocol: str = ""
    """The format that is spoken with it, by the catalog's name; empty: the one that the encoder is for."""
    supported_parameters: frozenset[str]
    """Names of the parameter enum (routing-and-catalog.md 4.3). A parameter not in it is left out silently.
    Empty: nothing is known of the endpoint, so nothing is left out."""
    quirks: frozenset[str] = frozenset()
    """Named deviations from the protocol, see `protocols/chat/quirks.py`."""
    passthrough: frozenset[str] = frozenset()
    """Unknown top-level members that this provider takes."""
    max_inputs: int | None = None
    """Most texts of one request (embeddings), where the operator or the catalog says so."""
    max_output_tokens: int | None = None
    max_tokens_override: int | None = None
    """Lower output cap set by affordability (accounts-and-governance.md AFF-05)."""
    reasoning_efforts: tuple[str, ...] | None = None
    """Efforts that the model takes; None: not known, every effort is passed on (inference.md 7.1 rule 8)."""
    reasoning_mandatory: bool = False
    """The model always reasons: switching it off is an error (inference.md 7.1 rule 6)."""
    user_hash: str | None = None
    """Sent as the provider's end-user field where it requires one; the caller's `user` never is."""
    answer_tool: str | None = None
    """Name of the tool whose arguments are the answer, where a schema is asked for that the upstream has no word for:
    the schema's name, made unlike those of the caller's tools (inference.md 9.1)."""
    cut_at: tuple[str, ...] = ()
    """The caller's stop sequences, for formats without a word for them, which end the text themselves."""
    goes_on: bool = False
    """The last message is the beginning of the answer, and the model is to go on from it (`prefill.py`)."""


class Facts(Struct):
    """What was seen of an answer so far; final after `close`. Filled by the native relay and by the decoder alike,
    so that pricing, routing and records do not depend on the path."""

    content_seen: bool = False
    """A content-bearing delta has been produced: from here on there is no falling back (routing 6)."""
    finish_reason: FinishReason | None = None
    """None after `close`: the upstream ended without one; the relay reports a truncated answer."""
    native_finish_reason: str | None = None
    usage: Usage | None = None
    fault: UpstreamFault | None = None
    """An error that came inside the answer, or `truncated`."""
    done: bool = False
    """The protocol's own end marker was seen (`[DONE]`): nothing more need be read."""
    upstream_id: str | None = None
    service_tier: str | None = None
    tool_call_count: int = 0
    output_chars: int = 0
    """Characters of text, reasoning and arguments so far: the base of an estimate when usage never comes."""
    media_count: int = 0
    search_count: int = 0
    media_used: tuple[MediaUse, ...] = ()
    """What is billed by the second, character, image … instead of by token."""
    heard: Heard | None = None
    """What it called and said, where that is to be judged at its end: who listens sets it before the first byte."""


class UsageReport(Struct, frozen=True, kw_only=True):
    """What was used and what it costs, for the end of an answer: each format has its own object for it."""

    usage: Usage
    charge: Charge
    service_tier: str | None = None
    metadata: Raw = Raw(b"")
    """`openrouter_metadata` where the caller opted in."""
    completed_s: int = 0
    """When the answer ended, in Unix seconds."""


class AnswerStream(Protocol):
    """An answer that is streamed to the client while it is read."""

    facts: Facts

    def feed(self, data: bytes) -> bytes:
        """Take upstream bytes; return the client bytes that may leave now."""
        ...

    def close(self) -> bytes:
        """The upstream's bytes ended. Returns last deltas that may leave before the record is written."""
        ...

    def tail(self, report: UsageReport) -> bytes:
        """The end of a good answer: finish chunk, usage chunk, end marker. Only after the record is durable."""
        ...

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        """The end of an answer that broke: the error in this format's stream form, end marker."""
        ...


class AnswerBody(Protocol):
    """An answer that is sent whole. `facts` is complete from the start."""

    facts: Facts

    def render(self, report: UsageReport) -> bytes:
        """The client's body."""
        ...


class AttemptError(Struct, frozen=True):
    """One entry of `metadata.previous_errors` (inference.md 5.2): never an upstream's body."""

    provider: str
    code: str
    status: int


AttemptErrors = Sequence[AttemptError]
Path = Literal["native", "hub"]
