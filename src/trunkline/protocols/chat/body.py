"""A whole answer to the client, to the byte (observed-openrouter-responses.md 1.2, 1.3, 4.2)."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import AnswerIdentity, UsageReport
from trunkline.protocols.chat.chunk import ChoiceEnd, array_json, finish_members
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.chat.tool_calls import CallFragment
from trunkline.protocols.chat.usage import render_usage
from trunkline.protocols.lenient_json import NOTHING, quoted
from trunkline.protocols.service_tier import tier_json


def render_chat_body(
    identity: AnswerIdentity,
    fingerprint: str | None,
    messages: list[tuple[DeltaRead, ChoiceEnd]],
    report: UsageReport,
    *,
    exclude_reasoning: bool = False,
    error: Raw = NOTHING,
) -> bytes:
    """The `chat.completion` object. `error` is told in the first choice: the answer broke after some output."""
    choices: list[bytes] = []
    for message, end in messages:
        choices.append(
            b"".join(
                (
                    b'{"index":%d,"logprobs":' % end.index,
                    message.logprobs or b"null",
                    b",",
                    finish_members(end),
                    _members(message.choice_extras),
                    b',"error":' + bytes(error) if error and not choices else b"",
                    b',"message":',
                    message_json(message, exclude_reasoning=exclude_reasoning),
                    b"}",
                )
            )
        )
    return envelope(identity, "chat.completion", fingerprint, choices, report)


def envelope(
    identity: AnswerIdentity, object_name: str, fingerprint: str | None, choices: list[bytes], report: UsageReport
) -> bytes:
    """The members around the choices: `id, object, created, model, provider, system_fingerprint, service_tier`."""
    pieces: list[bytes | Raw] = [
        b'{"id":' + quoted(identity.generation_id),
        b',"object":' + quoted(object_name),
        b',"created":%d,"model":' % identity.created_s,
        quoted(identity.model),
        b',"provider":' + quoted(identity.provider),
        b',"system_fingerprint":' + json.encode(fingerprint),
        b',"service_tier":' + tier_json(report.service_tier),
        b',"choices":' + array_json(choices),
        b',"usage":' + render_usage(report.usage, report.charge),
    ]
    if report.metadata:
        pieces += (b',"openrouter_metadata":', report.metadata)
    pieces.append(b"}")
    return b"".join(pieces)


def message_json(message: DeltaRead, *, exclude_reasoning: bool) -> bytes:
    """In the recorded order: role, content, refusal, reasoning, tool_calls, reasoning_details, annotations, images,
    audio. `refusal` and `reasoning` are always there, empty lists never; `content` is null beside calls or refusal."""
    speechless = not message.text and bool(message.calls or message.refusal)
    pieces: list[bytes | Raw] = [
        b'{"role":"assistant","content":',
        b"null" if speechless else quoted(message.text),
        b',"refusal":',
        quoted(message.refusal) if message.refusal else b"null",
    ]
    reasoning = None if exclude_reasoning else message.reasoning
    if not exclude_reasoning:
        pieces += (b',"reasoning":', quoted(reasoning.text) if reasoning is not None and reasoning.text else b"null")
    if message.calls:
        pieces += (b',"tool_calls":', array_json(_call_json(call) for call in message.calls))
    if reasoning is not None:
        pieces += (b',"reasoning_details":', array_json(reasoning.details))
    if message.annotations:
        pieces += (b',"annotations":', array_json(message.annotations))
    if message.images:
        pieces += (b',"images":', array_json(message.images))
    if message.audio:
        pieces += (b',"audio":', message.audio)
    pieces.append(_members(message.extras))
    pieces.append(b"}")
    return b"".join(pieces)


def _call_json(call: CallFragment) -> bytes:
    return b'{"type":"function","index":%d,"id":%s,"function":{"name":%s,"arguments":%s}%s}' % (
        call.ordinal,
        quoted(call.id or ""),
        quoted(call.name or ""),
        quoted(call.arguments),
        _members(call.extras),
    )


def _members(extras: dict[str, Raw]) -> bytes:
    return b"".join(b"," + quoted(name) + b":" + bytes(raw) for name, raw in extras.items())
