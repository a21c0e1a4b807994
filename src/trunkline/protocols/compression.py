"""A conversation made shorter from its middle: the plugin `context-compression` (routing-and-catalog.md 17).

Works on the hub's messages, so that every inbound format has it. System messages and the last user message stay; a call
and its results go together, so that no result is left without its call.
"""

from collections.abc import Sequence

from msgspec import Struct, structs

from trunkline.core.errors import ContextLengthExceeded
from trunkline.protocols.estimates import (
    CHARS_PER_TOKEN,
    MEDIA_SECONDS_ASSUMED,
    TOKENS_PER_IMAGE,
    TOKENS_PER_MEDIA_SECOND,
    TOKENS_PER_MESSAGE,
)
from trunkline.protocols.requests import Audio, File, GenerationRequest, Image, Message, Part, Refusal, Text, Video

GAP = "\n...\n"
"""Stands for what was cut out of a text."""
_FIXED_ROLES = frozenset({"system", "developer"})


class CompressionLimits(Struct, frozen=True, kw_only=True):
    """What a conversation must be brought to."""

    budget_tokens: int
    """For messages and tools together, as they are estimated."""
    messages_max: int | None = None


class Shortened(Struct, frozen=True):
    """How many messages a conversation had, and how many it has now."""

    original_count: int
    compressed_count: int


class _Unit(Struct, frozen=True):
    """Messages that stay or go together, by their positions; `weight` as of `_weight`."""

    positions: tuple[int, ...]
    weight: int


def compress(request: GenerationRequest, limits: CompressionLimits) -> tuple[GenerationRequest, Shortened]:
    """Drop messages from the middle until the rest fits, then cut texts. Raises ContextLengthExceeded when even that
    does not suffice."""
    messages = request.messages
    fixed = _fixed(messages)
    body = _units(messages, fixed)
    budget = limits.budget_tokens * CHARS_PER_TOKEN - _tools_weight(request)
    weight = sum(_weight(messages[position]) for position in fixed)
    kept = _without_middle(body, budget - weight, _count_left(limits, len(fixed)))
    positions = sorted((*fixed, *(position for unit in kept for position in unit.positions)))
    shortened = {position: messages[position] for position in positions}
    excess = weight + sum(unit.weight for unit in kept) - budget
    for position in (*(p for unit in kept for p in unit.positions), *_last_user(messages)):
        if excess <= 0:
            break
        shortened[position], saved = _cut(shortened[position], excess)
        excess -= saved
    if excess > 0:
        raise ContextLengthExceeded(
            f"Even compressed, the prompt does not fit the {limits.budget_tokens} tokens that this endpoint has for "
            "it. Shorten the system prompt, the tools or the last message."
        )
    fitting = structs.replace(request, messages=tuple(shortened.values()))
    return fitting, Shortened(len(messages), len(shortened))


def _fixed(messages: Sequence[Message]) -> frozenset[int]:
    """Positions of messages that are never removed."""
    system = (i for i, message in enumerate(messages) if message.role in _FIXED_ROLES)
    return frozenset((*system, *_last_user(messages)))


def _last_user(messages: Sequence[Message]) -> tuple[int, ...]:
    """The position of the last user message, if there is one."""
    for position in range(len(messages) - 1, -1, -1):
        if messages[position].role == "user":
            return (position,)
    return ()


def _units(messages: Sequence[Message], fixed: frozenset[int]) -> list[_Unit]:
    """The messages that may go, calls joined with their results."""
    groups: list[list[int]] = []
    group_of_call: dict[str, list[int]] = {}
    for position, message in enumerate(messages):
        if position in fixed:
            continue
        group = group_of_call.get(message.tool_call_id or "") if message.role == "tool" else None
        if group is not None:
            group.append(position)
            continue
        group = [position]
        groups.append(group)
        group_of_call.update((call.id, group) for call in message.tool_calls)
    return [_Unit(tuple(group), sum(_weight(messages[i]) for i in group)) for group in groups]


def _count_left(limits: CompressionLimits, fixed: int) -> int | None:
    return None if limits.messages_max is None else max(0, limits.messages_max - fixed)


def _without_middle(body: list[_Unit], budget: int, count_max: int | None) -> list[_Unit]:
    """What remains when the middle-most unit goes again and again, until weight and number of messages fit.

    The last one stays: its text is cut instead. Removing from the middle widens one gap, so two ends tell it all.
    """
    end = start = len(body) // 2
    weight, count = sum(unit.weight for unit in body), sum(len(unit.positions) for unit in body)
    while (remaining := end + len(body) - start) > 1 and (
        weight > budget or (count_max is not None and count > count_max)
    ):
        if remaining // 2 < end:
            end -= 1
            gone = body[end]
        else:
            gone = body[start]
            start += 1
        weight -= gone.weight
        count -= len(gone.positions)
    return body[:end] + body[start:]


def _cut(message: Message, excess: int) -> tuple[Message, int]:
    """The message with the middle of its longest text cut out, and the weight that this saved."""
    texts = [(len(part.text.encode()), i) for i, part in enumerate(message.parts) if isinstance(part, Text)]
    if not texts:
        return message, 0
    length, index = max(texts)
    if length <= len(GAP):
        return message, 0
    part = message.parts[index]
    assert isinstance(part, Text)
    text = _cut_text(part.text.encode(), max(0, length - excess - len(GAP)))
    parts: tuple[Part, ...] = (
        *message.parts[:index],
        structs.replace(part, text=text),
        *message.parts[index + 1 :],
    )
    return structs.replace(message, parts=parts), length - len(text.encode())


def _cut_text(text: bytes, keep: int) -> str:
    head, tail = text[: keep - keep // 2], text[len(text) - keep // 2 :]
    return head.decode(errors="ignore") + GAP + tail.decode(errors="ignore")


def _weight(message: Message) -> int:
    """The estimate of routing-and-catalog.md 1 in characters of text, so that sums need no rounding."""
    weight = TOKENS_PER_MESSAGE * CHARS_PER_TOKEN + len(message.images) * TOKENS_PER_IMAGE * CHARS_PER_TOKEN
    weight += sum(len(call.name) + len(call.arguments.encode()) for call in message.tool_calls)
    if message.reasoning is not None:
        weight += len(message.reasoning.encode())
    return weight + sum(_part_weight(part) for part in message.parts)


def _part_weight(part: Part) -> int:
    match part:
        case Text(text) | Refusal(text):
            return len(text.encode())
        case Image():
            return TOKENS_PER_IMAGE * CHARS_PER_TOKEN
        case Audio() | Video():
            return TOKENS_PER_MEDIA_SECOND * MEDIA_SECONDS_ASSUMED * CHARS_PER_TOKEN
        case File():
            return 0


def _tools_weight(request: GenerationRequest) -> int:
    return sum(len(tool.name) + len(tool.description or "") + len(tool.parameters) for tool in request.tools)
