"""Images as server-sent events (inference.md 22.3): previews as they come, finished images once they are paid for."""

from collections.abc import Callable, Sequence

from trunkline.core import json
from trunkline.core.errors import TrunklineError
from trunkline.protocols import sse
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UsageReport
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.images.answer import Image, ImagesBody, members_of, usage_json

ANSWER_BYTES_MAX = 64 * 1024 * 1024


def partial_event(index: int, b64: str) -> bytes:
    """A preview."""
    return sse.event(
        json.encode({"type": "image_generation.partial_image", "partial_image_index": index, "b64_json": b64})
    )


def ending(images: Sequence[Image], identity: AnswerIdentity, report: UsageReport) -> bytes:
    """One event for each finished image, the usage on the last, and the end marker."""
    events: list[bytes] = []
    for number, image in enumerate(images, start=1):
        members: dict[str, object] = {
            "type": "image_generation.completed",
            **members_of(image),
            "created": identity.created_s,
        }
        if number == len(images):
            members["usage"] = usage_json(report)
            if report.metadata:
                members["openrouter_metadata"] = report.metadata
        events.append(sse.event(json.encode(members)))
    return b"".join(events) + sse.DONE


def error_ending(error: TrunklineError) -> bytes:
    """The error and the end marker."""
    told: dict[str, object] = {"message": error.message, "code": str(error.http_status), "type": error.kind}
    if error.field is not None:
        told["param"] = error.field
    return sse.event(json.encode({"type": "error", "error": told})) + sse.DONE


class WholeAsEvents:
    """An `AnswerStream` of an upstream that answers whole: its images come at the end."""

    def __init__(self, identity: AnswerIdentity, read: Callable[[bytes], AnswerBody]) -> None:
        self.facts = Facts()
        self._identity = identity
        self._read = read
        self._pieces: list[bytes] = []
        self._size = 0
        self._images: list[Image] = []

    def feed(self, data: bytes) -> bytes:
        self._pieces.append(data)
        self._size += len(data)
        if self._size > ANSWER_BYTES_MAX:
            self.facts.fault = UpstreamFault(status=200, message="The answer is too long")
            self._pieces.clear()
        return b""

    def close(self) -> bytes:
        if self.facts.fault is not None:
            return b""
        body = self._read(b"".join(self._pieces))
        told = body.facts
        if isinstance(body, ImagesBody):
            if body.addresses:  # inside a stream nothing is fetched: another endpoint may answer
                body.fill({})
            self._images = body.images
        facts = self.facts
        facts.fault, facts.usage, facts.upstream_id = told.fault, told.usage, told.upstream_id
        facts.content_seen, facts.done, facts.finish_reason = told.content_seen, told.done, told.finish_reason
        facts.media_count, facts.media_used = told.media_count, told.media_used
        return b""

    def tail(self, report: UsageReport) -> bytes:
        return ending(self._images, self._identity, report)

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        return error_ending(error)
