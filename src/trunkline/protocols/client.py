"""How one inbound format is spoken: what every package under `protocols/` with clients offers.

`AskedRequest` is what any inbound request tells the gateway, generation or not: whom to route it to, how much to hold,
what to record. `ClientRequest` is one that asks for a generation, and so can travel through the hub or, where both ends
speak the same format, natively. `ClientFormat` is what needs no request: errors and signs of life.
"""

from typing import ClassVar, Protocol

from msgspec import Raw, Struct

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, UpstreamTarget, UsageReport
from trunkline.protocols.heard import Expected
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.lenient_json import NOTHING
from trunkline.protocols.requests import GenerationRequest


class AskedRequest(Protocol):
    """One validated request, in no format."""

    @property
    def models(self) -> tuple[str, ...]:
        """The model and its fallbacks in order, duplicates removed, as sent; may be empty."""
        ...

    @property
    def stream(self) -> bool: ...

    @property
    def provider(self) -> Raw:
        """The `provider` object as sent; empty when absent."""
        ...

    @property
    def plugins(self) -> Raw:
        """The `plugins` array as sent; empty when absent."""
        ...

    @property
    def route(self) -> str | None: ...

    @property
    def preset(self) -> str | None: ...

    @property
    def used_parameters(self) -> frozenset[str]:
        """Names of the parameter enum that the request uses (routing-and-catalog.md 4.3)."""
        ...

    @property
    def input_modalities(self) -> frozenset[str]: ...

    @property
    def output_modalities(self) -> frozenset[str]:
        """Asked for explicitly; empty: the model's default."""
        ...

    @property
    def prompt_field(self) -> str:
        """What the format calls that which the model is given: for errors about all of it."""
        ...

    @property
    def prompt_tokens_estimate(self) -> int: ...

    @property
    def max_output_tokens(self) -> int | None: ...

    @property
    def n(self) -> int:
        """Choices asked for."""
        ...

    @property
    def service_tier(self) -> str | None: ...

    @property
    def wants_pro(self) -> bool:
        """`reasoning.mode: "pro"` (routing-and-catalog.md 10)."""
        ...

    @property
    def user(self) -> str | None:
        """The caller's end user: for records, never sent upstream (inference.md 28)."""
        ...

    @property
    def session_id(self) -> str | None: ...

    @property
    def metadata(self) -> str | None:
        """JSON text of the caller's `metadata` object."""
        ...

    @property
    def num_images(self) -> int: ...

    @property
    def num_audio(self) -> int: ...

    @property
    def num_media(self) -> int:
        """Images, files, recordings and videos together."""
        ...

    @property
    def echo_upstream_body(self) -> bool:
        """The caller wants to see what is sent to the provider (inference.md 4.6)."""
        ...


class Answering(Struct, frozen=True, kw_only=True):
    """Who answers, and what must be known to write it down."""

    identity: AnswerIdentity
    target: UpstreamTarget
    docs_base: str
    """URL of the documentation, for errors inside an answer."""


class ClientRequest(AskedRequest, Protocol):
    """A request for a generation, in its format."""

    @property
    def native_formats(self) -> frozenset[str]:
        """Upstream formats (the catalog's names) for which this request needs only an edit, and its answer too."""
        ...

    @property
    def answer_tool(self) -> str | None:
        """What a tool is called that stands in for structured output; None where none is asked for."""
        ...

    @property
    def names_uploads(self) -> bool:
        """Some part is a file of the workspace (inference.md 26): no upstream knows it, so its content must be put in,
        which the native path cannot."""
        ...

    @property
    def include_reasoning(self) -> bool:
        """The answer shows reasoning."""
        ...

    @property
    def prompt_cache_key(self) -> str | None:
        """What the caller says its prompts are cached under."""
        ...

    def opening(self) -> tuple[bytes, bytes]:
        """How the first system or developer message begins, and the first other one (`protocols.opening`)."""
        ...

    def to_hub(self) -> GenerationRequest:
        """The request in no provider's format."""
        ...

    def expected(self) -> Expected:
        """What its answer may call, and what form it was asked to have: for statistics of how many are invalid."""
        ...

    def edit(self, target: UpstreamTarget) -> bytes:
        """The native path: the body for an upstream of the same format. Raises InvalidRequest or InvalidPrompt."""
        ...

    def native_headers(self, target: UpstreamTarget, betas: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """What the format asks for beside authentication on the native path; `betas` as the caller's headers say."""
        ...

    def native_stream(self, answering: Answering) -> AnswerStream:
        """The native path: a fresh relay of one upstream stream."""
        ...

    def native_body(self, data: bytes, answering: Answering) -> AnswerBody:
        """The native path: a whole upstream answer, read."""
        ...

    def hub_stream(self, decoder: ResponseDecoder, answering: Answering) -> AnswerStream:
        """Any upstream's stream, as this client reads it."""
        ...

    def hub_body(self, decoded: DecodedBody, answering: Answering) -> AnswerBody:
        """Any upstream's whole answer, as this client reads it."""
        ...

    def cut_short(self, error: TrunklineError, identity: AnswerIdentity, report: UsageReport) -> bytes | None:
        """The answer, as a stream or whole, that a provider's refusal comes to where the format tells it as an answer
        without room for any output (inference.md 5.7); None where it is told as the error that it is."""
        ...

    def echo(self, upstream_body: bytes, answering: Answering) -> bytes:
        """The event that shows what is sent upstream; empty where the format has no place for it."""
        ...


class ClientFormat(Protocol):
    """What is the same for all requests of one inbound format."""

    heartbeat: ClassVar[bytes]
    """What goes out while a stream is silent (inference.md 4.3)."""

    def render_error(
        self,
        error: TrunklineError,
        *,
        docs_base: str,
        user_id: str | None,
        generation_id: str | None,
        metadata: Raw = NOTHING,
    ) -> bytes:
        """The JSON body of an error before any answer; `generation_id` is known once routing has begun."""
        ...
