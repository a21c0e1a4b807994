"""What the blocks of one answer share while they are read."""

from msgspec import Raw

from trunkline.protocols.answers import Facts
from trunkline.protocols.events import Extra, GenerationEvent
from trunkline.protocols.lenient_json import is_blank

Members = dict[str, Raw]


class AnswerState:
    """What the blocks of one answer share."""

    __slots__ = ("answer_tool", "call_ids", "exclude_reasoning", "facts", "parts", "text_chars", "thinking_chars")

    def __init__(self, facts: Facts, *, answer_tool: str | None, exclude_reasoning: bool) -> None:
        self.facts = facts
        self.answer_tool = answer_tool
        self.exclude_reasoning = exclude_reasoning
        self.parts = 0
        self.text_chars = 0
        self.thinking_chars = 0
        self.call_ids: set[str] = set()

    def next_part(self) -> int:
        self.parts += 1
        return self.parts - 1

    def produced(self, chars: int) -> None:
        """Content that the client will see."""
        self.facts.output_chars += chars
        self.facts.content_seen = True


def unknown_members(members: Members, index: int, known: frozenset[str]) -> list[GenerationEvent]:
    """What a block says beyond the members that its kind is `known` to have."""
    return [
        Extra(f"content[{index}].{name}", raw)
        for name, raw in members.items()
        if name not in known and not is_blank(raw)
    ]
