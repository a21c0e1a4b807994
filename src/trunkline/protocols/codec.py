"""What an operation without a conversation (embeddings, rerank, transcription …) needs of each upstream format.

Such an operation has one shape towards clients, and one codec for each format (architecture 2).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget, UsageReport
from trunkline.protocols.client import AskedRequest
from trunkline.protocols.remote_media import MediaKey, RemoteMedia

JSON = "application/json"
R = TypeVar("R", bound=AskedRequest)


class Payload(Struct, frozen=True):
    """The body of an upstream request."""

    body: bytes
    content_type: str = JSON


class Codec(Protocol[R]):
    """One upstream format of one operation. What most formats have in common is inherited."""

    def parts(self, request: R, target: UpstreamTarget) -> tuple[R, ...]:
        """The calls that it takes: more than one where the upstream's limits are narrower than the request."""
        return (request,)

    def remote_media(self, request: R, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        """The URLs whose content this format must be given as data."""
        return ()

    def path(self, request: R, target: UpstreamTarget) -> str:
        """Under the provider's base URL, without a leading slash."""
        ...

    def headers(self, request: R, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        """What the format asks for beside authentication and content type. Names in lower case."""
        return ()

    def encode(self, request: R, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        """The body of one call. `contents` are data URLs in place of `remote_media`.

        Raises InvalidRequest for what this format cannot say.
        """
        ...

    @property
    def follows(self) -> bool:
        """The answer to the request is only where the real one will be: see `next_address`."""
        return False

    def next_address(self, data: bytes, asked: str) -> str | None:
        """Where to ask next, after an answer from `asked` that is not the real one yet; None: it is. Nothing is
        raised."""
        return None

    def open_body(
        self, bodies: Sequence[bytes], request: R, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        """The answers to all `parts`, in their order, as one. One that is none has a fault in its facts; nothing is
        raised, whatever the bytes."""
        ...


class NoAnswer(Struct):
    """An `AnswerBody` of an upstream whose body is no answer: only its fault counts."""

    facts: Facts

    def render(self, report: UsageReport) -> bytes:
        raise AssertionError("what is no answer is not rendered")
