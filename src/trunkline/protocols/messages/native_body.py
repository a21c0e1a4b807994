"""The native path of a whole answer: the upstream's own object with the named edits (inference.md 18)."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.client import Answering
from trunkline.protocols.lenient_json import UNREADABLE, object_of
from trunkline.protocols.messages.decoder import decode_body
from trunkline.protocols.messages.stop import around_content
from trunkline.protocols.messages.usage_out import amend_usage
from trunkline.protocols.messages.wire import read_body


class NativeBody:
    """Implements `protocols.answers.AnswerBody`. A body that is none has a fault in its `facts`."""

    def __init__(self, data: bytes, answering: Answering) -> None:
        self.facts: Facts = decode_body(data, answering.target).facts
        self._identity = answering.identity
        self._members = _members(data)

    def render(self, report: UsageReport) -> bytes:
        members = around_content(identified(self._members, self._identity))
        members["usage"] = json.raw(amend_usage(object_of(members.get("usage")), report))
        if report.metadata:
            members["openrouter_metadata"] = report.metadata
        return json.encode(members)


def identified(message: dict[str, Raw], identity: AnswerIdentity) -> dict[str, Raw]:
    """A message with the id, model and provider that clients are told (inference.md 1.4), in the upstream's order."""
    edited = dict(message)
    edited["id"] = json.raw(identity.generation_id)
    edited["model"] = json.raw(identity.model)
    edited["provider"] = json.raw(identity.provider)
    return edited


def _members(data: bytes) -> dict[str, Raw]:
    try:
        return read_body(data)
    except UNREADABLE:
        return {}  # the fault is known already
