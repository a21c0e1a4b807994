"""The conversation as this format wants it (inference.md 30.1): turns of user and assistant, results first.

Neighbours of one role become one turn, what would be empty gets a placeholder, the first turn is the user's.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, Protocol, TypeVar

from msgspec import Struct

from trunkline.protocols.messages.blocks import Block, text_block
from trunkline.protocols.messages.thinking_history import THINKING_TYPES

PLACEHOLDER: Final = "."
"""Upstreams refuse a turn of blanks."""

TurnRole = Literal["user", "assistant", "system"]


class AnyTurn(Protocol):
    """A turn in the words of any format that has results in turns."""

    @property
    def role(self) -> TurnRole: ...

    @property
    def results(self) -> Sequence[object]: ...


T = TypeVar("T", bound=AnyTurn)


class Turn(Struct):
    """Blocks of one speaker. `results` answer the calls of the turn before and stand in front."""

    role: TurnRole
    blocks: list[Block] = []
    results: list[Block] = []


class Turns:
    """Grows message by message."""

    __slots__ = ("_call_order", "_later_system", "_turns")

    def __init__(self, *, later_system: bool) -> None:
        self._turns: list[Turn] = []
        self._later_system = later_system
        self._call_order: dict[str, int] = {}
        """Ordinals of the calls of the last assistant turn, by id."""

    def __bool__(self) -> bool:
        return bool(self._turns)

    def add_user(self, blocks: list[Block]) -> None:
        self._user().blocks += blocks or [text_block(PLACEHOLDER)]

    def add_result(self, result: Block) -> None:
        """A tool's result; several in a row stand in the order of their calls."""
        turn = self._user()
        turn.results.append(result)
        order = self._call_order
        turn.results.sort(key=lambda block: order.get(str(block["tool_use_id"]), len(order)))

    def add_assistant(self, blocks: list[Block]) -> None:
        """Nothing at all is no turn."""
        if not blocks:
            return
        if not self._turns:
            self.add_user([])
        if self._turns[-1].role != "assistant":
            self._turns.append(Turn("assistant"))
            self._call_order.clear()
        self._turns[-1].blocks += blocks
        for block in blocks:
            if block["type"] == "tool_use":
                self._call_order[str(block["id"])] = len(self._call_order)

    def add_system(self, blocks: list[Block]) -> None:
        """Instructions in the middle of the conversation: after a user's turn in their own role where the model takes
        that, else as text of the user."""
        if not blocks:
            return
        if self._later_system and self._turns and self._turns[-1].role != "assistant":
            if self._turns[-1].role == "user":
                self._turns.append(Turn("system"))
            self._turns[-1].blocks += blocks
        else:
            self._user().blocks += _as_user_text(blocks)

    def finish(self) -> list[Turn]:
        """All turns. A last one of the assistant is a beginning to be continued, which may not end in white space."""
        last = self._turns[-1] if self._turns else None
        if last is not None and last.role == "assistant" and last.blocks[-1]["type"] == "text":
            last.blocks[-1]["text"] = str(last.blocks[-1]["text"]).rstrip()
        return self._turns

    def _user(self) -> Turn:
        """The user's turn that is open. Instructions that turn out to stand before another of the user's messages
        cannot keep their role."""
        if self._turns and self._turns[-1].role == "system":
            instructions = self._turns.pop()
            self._turns[-1].blocks += _as_user_text(instructions.blocks)
        if not self._turns or self._turns[-1].role != "user":
            self._turns.append(Turn("user"))
        return self._turns[-1]


def write_turns(turns: Sequence[Turn]) -> list[Block]:
    """`messages` as sent."""
    return [{"role": turn.role, "content": turn.results + turn.blocks} for turn in turns]


def blocks_of(turns: Sequence[Turn]) -> Iterator[Block]:
    """All blocks in order."""
    for turn in turns:
        yield from turn.results
        yield from turn.blocks


def loop_lacks_thinking(turns: Sequence[Turn]) -> bool:
    """Whether a tool loop is open whose first assistant turn does not start with the thinking that led to it."""
    opening = opening_of_loop(turns)
    return opening is not None and opening.blocks[0]["type"] not in THINKING_TYPES


def opening_of_loop(turns: Sequence[T]) -> T | None:
    """The assistant's turn that began the tool loop which is still open, None where none is."""
    if not turns or not turns[-1].results:
        return None
    opening: T | None = None
    for turn in reversed(turns):
        if turn.role == "assistant":
            opening = turn
        elif not turn.results:
            break
    return opening


def _as_user_text(blocks: list[Block]) -> list[Block]:
    return [{**block, "text": f"<system>{block['text']}</system>"} for block in blocks]
