"""Messages towards clients, driven without a gateway: an answer on both paths, and requests parsed."""

import json
from typing import Any

from tests.protocols.messages_recordings import TARGET
from trunkline.core.money import NO_CHARGE
from trunkline.protocols.answers import AnswerIdentity, AnswerStream, UpstreamTarget, UsageReport
from trunkline.protocols.client import Answering
from trunkline.protocols.events import Usage
from trunkline.protocols.messages.client import MessagesClientRequest, parse_messages
from trunkline.protocols.messages.decoder import MessagesDecoder, decode_body
from trunkline.protocols.validation import ParseLimits

IDENTITY = AnswerIdentity(generation_id="gen-1-x", created_s=1, model="acme/m1", provider="Acme")
ANSWERING = Answering(identity=IDENTITY, target=TARGET, docs_base="https://docs.example")
LIMITS = ParseLimits()


def parse(**members: Any) -> MessagesClientRequest:
    body = {"model": "acme/m1", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}], **members}
    return parse_messages(json.dumps(body).encode(), LIMITS)


def parse_body(body: dict[str, Any]) -> MessagesClientRequest:
    return parse_messages(json.dumps(body).encode(), LIMITS)


ASKED = parse()


def report(usage: Usage | None) -> UsageReport:
    return UsageReport(usage=usage or Usage(), charge=NO_CHARGE)


def run(stream: AnswerStream, reads: list[bytes]) -> bytes:
    """All that a client gets of a stream, fault or not."""
    out = b"".join([stream.feed(data) for data in reads]) + stream.close()
    if stream.facts.fault is None:
        return out + stream.tail(report(stream.facts.usage))
    return out


def native(reads: list[bytes]) -> tuple[AnswerStream, bytes]:
    stream = ASKED.native_stream(ANSWERING)
    return stream, run(stream, reads)


def through_hub(reads: list[bytes], target: UpstreamTarget = TARGET) -> tuple[AnswerStream, bytes]:
    stream = ASKED.hub_stream(MessagesDecoder(target), ANSWERING)
    return stream, run(stream, reads)


def native_body(data: bytes) -> dict[str, Any]:
    answer = ASKED.native_body(data, ANSWERING)
    assert answer.facts.fault is None, answer.facts.fault
    return json.loads(answer.render(report(answer.facts.usage)))


def hub_body(data: bytes) -> dict[str, Any]:
    answer = ASKED.hub_body(decode_body(data, TARGET), ANSWERING)
    assert answer.facts.fault is None, answer.facts.fault
    return json.loads(answer.render(report(answer.facts.usage)))
