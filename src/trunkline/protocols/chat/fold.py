"""What a client that reads a stream to its end has in hand: deltas folded into messages (inference.md 7.4).

A whole answer is the exact fold of its stream.
"""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.chat.reasoning_details import ReasoningRead, merge_details
from trunkline.protocols.chat.tool_calls import CallFragment
from trunkline.protocols.lenient_json import NOTHING, is_blank, list_of, object_of, quoted, text_of


def fold_delta(message: DeltaRead, delta: DeltaRead) -> None:
    """Add `delta` to `message`. Details that continue the last one grow it; everything else is appended."""
    message.text += delta.text
    message.refusal += delta.refusal
    if delta.reasoning is not None:
        message.reasoning = fold_reasoning(message.reasoning, delta.reasoning)
    if delta.calls:
        message.calls = fold_calls([*message.calls, *delta.calls])
    message.annotations = [*message.annotations, *delta.annotations]
    message.images = [*message.images, *delta.images]
    if delta.audio:
        message.audio = _fold_audio(message.audio, delta.audio)
    if delta.logprobs:
        message.logprobs = _fold_logprobs(message.logprobs, delta.logprobs)
    message.extras |= delta.extras
    message.choice_extras |= delta.choice_extras


def fold_reasoning(reasoning: ReasoningRead | None, more: ReasoningRead) -> ReasoningRead:
    """Join texts; a detail that continues the last one is merged into it."""
    if reasoning is None:
        return ReasoningRead(more.text, list(more.details))
    details = list(reasoning.details)
    for detail in more.details:
        merged = merge_details(details[-1], detail) if details else None
        if merged is None:
            details.append(detail)
        else:
            details[-1] = merged
    return ReasoningRead(reasoning.text + more.text, details)


def fold_calls(fragments: list[CallFragment]) -> list[CallFragment]:
    """One fragment for each call, with all of its arguments."""
    calls: dict[int, CallFragment] = {}
    for fragment in fragments:
        call = calls.get(fragment.ordinal)
        if call is None:
            calls[fragment.ordinal] = CallFragment(
                fragment.ordinal, fragment.arguments, fragment.id, fragment.name, dict(fragment.extras)
            )
        else:
            call.arguments += fragment.arguments
            call.extras |= fragment.extras
    return list(calls.values())


def _fold_audio(audio: Raw, more: Raw) -> Raw:
    """Data and transcript are pieces to be joined, id and expiry are told once (inference.md 11.2)."""
    merged = object_of(audio)
    for name, raw in object_of(more).items():
        if name in ("data", "transcript"):
            merged[name] = Raw(quoted(text_of(merged.get(name)) + text_of(raw)))
        elif not is_blank(raw) or name not in merged:
            merged[name] = raw
    return json.raw(merged)


def _fold_logprobs(logprobs: Raw, more: Raw) -> Raw:
    if logprobs == NOTHING:
        return more
    merged = object_of(logprobs)
    for name, raw in object_of(more).items():
        items = list_of(merged.get(name)) + list_of(raw)
        merged[name] = json.raw(items) if items else raw
    return json.raw(merged)
