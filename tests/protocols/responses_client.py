"""A Responses client's request and its answers, without a gateway around them."""

import json
from typing import Any

from tests.ways.responses import Events, read_events
from trunkline.core.money import Charge, NanoUsd
from trunkline.protocols.answers import AnswerIdentity, AnswerStream, Facts, UpstreamTarget, UsageReport
from trunkline.protocols.client import Answering
from trunkline.protocols.events import (
    Completed,
    Finished,
    FinishReason,
    GenerationEvent,
    PartEnded,
    PartStarted,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from trunkline.protocols.responses.inbound.client import ResponsesClientRequest
from trunkline.protocols.responses.inbound.request import parse_responses
from trunkline.protocols.validation import ParseLimits

IDENTITY = AnswerIdentity(
    generation_id="gen-1790000000-AbCdEfGhIjKlMnOpQrSt", created_s=1790000000, model="acme/m1", provider="Acme"
)
TARGET = UpstreamTarget(provider="openai", upstream_model="m1", supported_parameters=frozenset())
CHARGE = Charge(
    total_nanousd=NanoUsd(21_000),
    upstream_nanousd=NanoUsd(21_000),
    upstream_prompt_nanousd=NanoUsd(9_000),
    upstream_completion_nanousd=NanoUsd(12_000),
)


def parse(**members: Any) -> ResponsesClientRequest:
    return parse_responses(json.dumps({"model": "acme/m1", "input": "Hi"} | members).encode(), ParseLimits())


def answering(target: UpstreamTarget = TARGET) -> Answering:
    return Answering(identity=IDENTITY, target=target, docs_base="https://docs.example")


def report(facts: Facts) -> UsageReport:
    return UsageReport(
        usage=facts.usage or Usage(prompt_tokens=9, completion_tokens=2),
        charge=CHARGE,
        service_tier=facts.service_tier,
        completed_s=1790000002,
    )


def drive(answer: AnswerStream, reads: list[bytes]) -> str:
    """All that the client gets of a stream that ends well."""
    out = b"".join([answer.feed(data) for data in reads]) + answer.close()
    assert answer.facts.fault is None, answer.facts.fault
    return (out + answer.tail(report(answer.facts))).decode()


def drive_events(answer: AnswerStream, reads: list[bytes]) -> Events:
    return read_events(drive(answer, reads))


def without_minted_ids(response: dict[str, Any]) -> dict[str, Any]:
    """For comparing two answers of one recording: ids that were minted for each are left out."""
    output = [{name: v for name, v in item.items() if name != "id"} for item in response["output"]]
    return response | {"output": output}


class Script:
    """A decoder that says what a test wants, one list of events for each read."""

    def __init__(self, *reads: list[GenerationEvent]) -> None:
        self._reads = list(reads)
        self.facts = Facts(content_seen=True)

    def feed(self, data: bytes) -> list[GenerationEvent]:
        events = self._reads.pop(0)
        for event in events:
            if isinstance(event, Finished):
                self.facts.finish_reason = event.reason
        return events

    def close(self) -> list[GenerationEvent]:
        return []


def told(*reads: list[GenerationEvent], **asked: Any) -> Events:
    """What the client gets of them."""
    stream = parse(stream=True, **asked).hub_stream(Script(*reads), answering())
    return drive_events(stream, [b"."] * len(reads))


def end(reason: FinishReason = "stop") -> list[GenerationEvent]:
    return [Finished(reason, None), Completed(None)]


def text(index: int, *pieces: str) -> list[GenerationEvent]:
    return [PartStarted(index, "text"), *[TextDelta(index, piece) for piece in pieces], PartEnded(index)]


def call(index: int, id: str, *pieces: str) -> list[GenerationEvent]:
    arguments = [ToolCallDelta(index, piece) for piece in pieces]
    return [PartStarted(index, "tool_call", 0, id, "f"), *arguments, PartEnded(index)]
