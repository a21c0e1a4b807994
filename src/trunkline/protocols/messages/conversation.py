"""The hub's messages as `system` and `messages` (inference.md 30.1–30.3)."""

from msgspec import Struct

from trunkline.protocols.attachments import MovedMedia
from trunkline.protocols.messages.blocks import Block, block_of, text_block
from trunkline.protocols.messages.thinking_history import ThinkingHistory
from trunkline.protocols.messages.tools import upstream_call_id
from trunkline.protocols.messages.turns import Turn, Turns
from trunkline.protocols.requests import Message, Text
from trunkline.protocols.support import nothing_left
from trunkline.protocols.tool_arguments import arguments_object

_INSTRUCTIONS = frozenset({"system", "developer"})
_HOLDS_MEDIA = frozenset({"user", "tool"})


class Conversation(Struct, frozen=True):
    """`system` is empty where nothing was said."""

    system: list[Block]
    turns: list[Turn]


def write_conversation(messages: tuple[Message, ...], *, later_system: bool) -> Conversation:
    """All messages. Raises InvalidPrompt when nothing is left, InvalidRequest for a part that cannot be sent."""
    writer = _Writer(later_system=later_system)
    for message in messages:
        writer.add(message)
    return writer.finish()


class _Writer:
    __slots__ = ("_history", "_media", "_system", "_turns")

    def __init__(self, *, later_system: bool) -> None:
        self._system: list[Block] = []
        self._turns = Turns(later_system=later_system)
        self._history = ThinkingHistory()
        self._media = MovedMedia()

    def add(self, message: Message) -> None:
        leading = message.role in _INSTRUCTIONS and not self._turns
        if message.role != "tool" and not leading:
            self._attach()
        message = self._media.keep(message, media_stay=message.role in _HOLDS_MEDIA)
        match message.role:
            case "system" | "developer":
                if leading:
                    self._system += _blocks(message)
                else:
                    self._turns.add_system(_blocks(message))
            case "user":
                self._turns.add_user(_named(message, _blocks(message)))
            case "assistant":
                self._turns.add_assistant(self._assistant(message))
            case "tool":
                self._turns.add_result(_result(message))

    def finish(self) -> Conversation:
        self._attach()
        if not self._turns and self._system:
            # Instructions alone are what the user says.
            self._turns.add_user(self._system)
            self._system = []
        turns = self._turns.finish()
        if not turns:
            raise nothing_left()
        return Conversation(self._system, turns)

    def _attach(self) -> None:
        attachments = self._media.take()
        if attachments is not None:
            self._turns.add_user(_blocks(attachments))

    def _assistant(self, message: Message) -> list[Block]:
        calls: list[Block] = [
            {
                "type": "tool_use",
                "id": upstream_call_id(call.id),
                "name": call.name,
                "input": arguments_object(call.arguments),
            }
            for call in message.tool_calls
        ]
        return self._history.blocks(message) + _named(message, _blocks(message)) + calls


def _blocks(message: Message) -> list[Block]:
    return [block for part in message.parts if (block := block_of(part)) is not None]


def _named(message: Message, blocks: list[Block]) -> list[Block]:
    """The speaker's name, for which the format has no place, in front of the first words."""
    if not message.name:
        return blocks
    for block in blocks:
        if block["type"] == "text":
            block["text"] = f"{message.name}: {block['text']}"
            return blocks
    return [text_block(f"{message.name}:"), *blocks] if blocks else blocks


def _result(message: Message) -> Block:
    """A marker on any part of a result marks the whole result: parts inside cannot be cut points."""
    result: Block = {"type": "tool_result", "tool_use_id": upstream_call_id(message.tool_call_id or "")}
    if message.plain and len(message.parts) == 1 and isinstance(message.parts[0], Text):
        result["content"] = message.parts[0].text
        return result
    blocks = _blocks(message)
    for block in blocks:
        marker = block.pop("cache_control", None)
        if marker is not None:
            result["cache_control"] = marker
    if blocks:
        result["content"] = blocks
    return result
