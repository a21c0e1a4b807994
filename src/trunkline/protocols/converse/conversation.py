"""The hub's messages as `system` and `messages` (inference.md 30.1–30.3)."""

import msgspec
from msgspec import Raw, Struct, structs

from trunkline.protocols.attachments import MovedMedia
from trunkline.protocols.converse.blocks import PLACEHOLDER, Block, Member, text_block
from trunkline.protocols.converse.families import Family
from trunkline.protocols.converse.parts import PartWriter
from trunkline.protocols.converse.turns import Turn, Turns
from trunkline.protocols.messages.thinking_history import ThinkingHistory
from trunkline.protocols.messages.tools import upstream_call_id
from trunkline.protocols.requests import Message, Part, Text
from trunkline.protocols.support import nothing_left
from trunkline.protocols.tool_arguments import arguments_object

CALL_ID_CHARS_MAX = 64

_INSTRUCTIONS = frozenset({"system", "developer"})
_object = msgspec.json.Decoder(dict[str, Raw])


class Conversation(Struct, frozen=True):
    """`system` is empty where nothing was said."""

    system: list[Block]
    turns: list[Turn]


def write_conversation(messages: tuple[Message, ...], family: Family) -> Conversation:
    """All messages. Raises InvalidPrompt when nothing is left, InvalidRequest for a part that cannot be sent."""
    writer = _Writer(family)
    for message in messages:
        writer.add(message)
    return writer.finish()


class _Writer:
    __slots__ = ("_family", "_history", "_media", "_parts", "_system", "_turns")

    def __init__(self, family: Family) -> None:
        self._family = family
        self._system: list[Block] = []
        self._turns = Turns()
        self._history = ThinkingHistory()
        self._media = MovedMedia()
        self._parts = PartWriter()

    def add(self, message: Message) -> None:
        leading = message.role in _INSTRUCTIONS and not self._turns
        if message.role != "tool" and not leading:
            self._attach()
        holds_media = message.role == "user" or (message.role == "tool" and self._family.media_in_results)
        message = self._media.keep(message, media_stay=holds_media)
        match message.role:
            case "system" | "developer":
                blocks = self._parts.blocks(message.parts)
                if leading:
                    self._system += blocks
                elif blocks:
                    self._turns.add_user([_as_user_text(block) for block in blocks])
            case "user":
                self._turns.add_user(self._parts.blocks(_named(message)))
            case "assistant":
                self._add_assistant(message)
            case "tool":
                call_id = _call_id(message.tool_call_id or "")
                self._turns.add_result(call_id, self._result(message, call_id))

    def finish(self) -> Conversation:
        self._attach()
        if not self._turns and self._system:
            # Instructions alone are what the user says.
            self._turns.add_user(self._system)
            self._system = []
        turns = self._turns.finish(prefill=self._family.prefill)
        if not turns:
            raise nothing_left()
        return Conversation(self._system, turns)

    def _attach(self) -> None:
        attachments = self._media.take()
        if attachments is not None:
            self._turns.add_user(self._parts.blocks(attachments.parts))

    def _add_assistant(self, message: Message) -> None:
        thoughts = (
            [Block(_reasoning(block)) for block in self._history.blocks(message)] if self._family.is_claude else []
        )
        calls = {_call_id(call.id): call for call in message.tool_calls}
        uses = [
            Block({"toolUse": {"toolUseId": call_id, "name": call.name, "input": arguments_object(call.arguments)}})
            for call_id, call in calls.items()
        ]
        self._turns.add_assistant(thoughts + self._parts.blocks(_named(message)) + uses, list(calls))

    def _result(self, message: Message, call_id: str) -> Block:
        """A marker on any part of a result marks the whole result: parts inside cannot be cut points."""
        blocks = self._parts.blocks(message.parts)
        content: list[Member] = [block.member for block in blocks] or [{"text": PLACEHOLDER}]
        if len(content) == 1 and (value := _json_object(blocks)) is not None:
            content = [{"json": value}]
        cache = next((block.cache for block in reversed(blocks) if block.cache is not None), None)
        return Block({"toolResult": {"toolUseId": call_id, "content": content, "status": "success"}}, cache)


def _json_object(blocks: list[Block]) -> Raw | None:
    """The JSON object that the only text of a result holds, None where it holds something else."""
    text = blocks[0].member.get("text") if blocks else None
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    data = text.encode("utf-8", "replace")
    try:
        _object.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
    return Raw(data)


def _reasoning(block: dict[str, object]) -> Member:
    """Claude's thinking as this format has it, signatures and data to the letter (inference.md 7.5)."""
    if block["type"] == "redacted_thinking":
        return {"reasoningContent": {"redactedContent": block["data"]}}
    text = {"text": block["thinking"], "signature": block["signature"]}
    return {"reasoningContent": {"reasoningText": text}}


def _named(message: Message) -> tuple[Part, ...]:
    """The parts with the speaker's name, for which the format has no place, in front of the first words."""
    if not message.name:
        return message.parts
    for position, part in enumerate(message.parts):
        if isinstance(part, Text) and part.text.strip():
            named = structs.replace(part, text=f"{message.name}: {part.text}")
            return (*message.parts[:position], named, *message.parts[position + 1 :])
    return (Text(f"{message.name}:"), *message.parts) if message.parts else ()


def _as_user_text(block: Block) -> Block:
    return text_block(f"<system>{block.member['text']}</system>", block.cache)


def _call_id(call_id: str) -> str:
    return upstream_call_id(call_id, chars_max=CALL_ID_CHARS_MAX)
