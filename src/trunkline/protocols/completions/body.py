"""A whole text completion (inference.md 19)."""

from msgspec import Raw

from trunkline.protocols.answers import AnswerIdentity, UsageReport
from trunkline.protocols.chat.body import envelope
from trunkline.protocols.chat.chunk import ChoiceEnd, finish_members
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.lenient_json import NOTHING, quoted


def render_text_body(
    identity: AnswerIdentity,
    fingerprint: str | None,
    messages: list[tuple[DeltaRead, ChoiceEnd]],
    report: UsageReport,
    *,
    exclude_reasoning: bool = False,
    error: Raw = NOTHING,
) -> bytes:
    """The `text_completion` object. Reasoning, where there is any, stands on the choice."""
    choices: list[bytes] = []
    for message, end in messages:
        reasoning = b""
        if message.reasoning is not None and message.reasoning.text and not exclude_reasoning:
            reasoning = b',"reasoning":' + quoted(message.reasoning.text)
        choices.append(
            b"".join(
                (
                    b'{"index":%d,"text":' % end.index,
                    quoted(message.text or message.refusal),
                    b"," + finish_members(end),
                    b',"logprobs":',
                    message.logprobs or b"null",
                    reasoning,
                    b',"error":' + bytes(error) if error and not choices else b"",
                    b"}",
                )
            )
        )
    return envelope(identity, "text_completion", fingerprint, choices, report)
