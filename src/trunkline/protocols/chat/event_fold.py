"""Events of a whole answer as the messages of its choices."""

from msgspec import Struct

from trunkline.protocols.chat.chunk import ChoiceEnd
from trunkline.protocols.chat.encoder import DeltaBuilder
from trunkline.protocols.chat.fold import fold_delta
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.chat.reasoning_details import ReasoningRead
from trunkline.protocols.events import GenerationEvent, PartStarted


class FoldedAnswer(Struct, frozen=True):
    """Messages by choice, and the fingerprint that the upstream told."""

    messages: list[tuple[DeltaRead, ChoiceEnd]]
    fingerprint: str | None


def fold_events(events: list[GenerationEvent], *, exclude_reasoning: bool = False) -> FoldedAnswer:
    """Fold `events`. Reasoning of one part is one detail per type and index; parts are never joined."""
    builder = DeltaBuilder(exclude_reasoning=exclude_reasoning)
    messages: dict[int, DeltaRead] = {}
    fresh_reasoning = False
    for event in events:
        if isinstance(event, PartStarted) and event.kind == "reasoning":
            fresh_reasoning = True
        delta = builder.delta(event)
        if delta is None:
            continue
        message = messages.setdefault(delta.choice, DeltaRead(delta.choice))
        if delta.reasoning is not None and fresh_reasoning:
            fresh_reasoning = False
            known = message.reasoning or ReasoningRead("", [])
            message.reasoning = ReasoningRead(
                known.text + delta.reasoning.text, [*known.details, *delta.reasoning.details]
            )
        else:
            fold_delta(message, delta)
    choices = sorted({*messages, *builder.ends})
    folded = [
        (messages.get(choice, DeltaRead(choice)), builder.ends.get(choice, ChoiceEnd(choice, None, None)))
        for choice in choices
    ]
    return FoldedAnswer(folded, builder.fingerprint)
