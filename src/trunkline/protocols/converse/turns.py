"""The conversation as this format wants it (inference.md 30.1): user and assistant in turns, the user first, results
of tools before everything else.

Neighbours of one role become one turn, and what would be empty gets a placeholder.
"""

from typing import Literal

from msgspec import Struct

from trunkline.protocols.converse.blocks import PLACEHOLDER, Block, Member, text_block, write_blocks
from trunkline.protocols.messages.turns import opening_of_loop


class Turn(Struct):
    """Blocks of one speaker. `results` answer the calls of the turn before and stand in front."""

    role: Literal["user", "assistant"]
    blocks: list[Block] = []
    results: list[tuple[str, Block]] = []
    """With the ids of their calls."""

    def all_blocks(self) -> list[Block]:
        return [block for _, block in self.results] + self.blocks


class Turns:
    """Grows message by message."""

    __slots__ = ("_call_order", "_turns")

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._call_order: dict[str, int] = {}
        """Ordinals of the calls of the last assistant turn, by id."""

    def __bool__(self) -> bool:
        return bool(self._turns)

    def add_user(self, blocks: list[Block]) -> None:
        self._turn("user").blocks += blocks or [text_block(PLACEHOLDER)]

    def add_result(self, call_id: str, result: Block) -> None:
        """A tool's result; several in a row stand in the order of their calls."""
        results = self._turn("user").results
        results.append((call_id, result))
        order = self._call_order
        results.sort(key=lambda pair: order.get(pair[0], len(order)))

    def add_assistant(self, blocks: list[Block], call_ids: list[str]) -> None:
        """Nothing at all is no turn."""
        if not blocks:
            return
        if not self._turns:
            self.add_user([])
        if self._turns[-1].role != "assistant":
            self._call_order.clear()
        self._turn("assistant").blocks += blocks
        for call_id in call_ids:
            self._call_order[call_id] = len(self._call_order)

    def finish(self, *, prefill: bool) -> list[Turn]:
        """All turns. A last one of the assistant is a beginning to be continued, which may not end in white space;
        where the model does not continue (`prefill` False), the user has the last word."""
        turns = self._turns
        if turns and turns[-1].role == "assistant":
            last = turns[-1].blocks[-1]
            text = last.member.get("text")
            if not prefill:
                self.add_user([])
            elif isinstance(text, str):
                last.member = {"text": text.rstrip()}
        for turn in turns:
            if _has("document", turn) and not _has("text", turn):
                # Documents are refused without a text beside them.
                turn.blocks.append(text_block(PLACEHOLDER))
        return turns

    def _turn(self, role: Literal["user", "assistant"]) -> Turn:
        if not self._turns or self._turns[-1].role != role:
            self._turns.append(Turn(role))
        return self._turns[-1]


def write_turns(turns: list[Turn]) -> list[Member]:
    """`messages` as sent."""
    return [{"role": turn.role, "content": write_blocks(turn.all_blocks())} for turn in turns]


def loop_lacks_thinking(turns: list[Turn]) -> bool:
    """Whether a tool loop is open whose first assistant turn does not start with the thinking that led to it."""
    opening = opening_of_loop(turns)
    return opening is not None and "reasoningContent" not in opening.blocks[0].member


def _has(kind: str, turn: Turn) -> bool:
    return any(kind in block.member for block in turn.blocks)
