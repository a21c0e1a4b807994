"""The conversation of a request as the hub's messages (inference.md 18.2)."""

from msgspec import Struct, structs

from trunkline.protocols.lenient_json import compact
from trunkline.protocols.messages.blocks_in import marker_of, parts_of
from trunkline.protocols.messages.thinking_in import Thought, reasoning_details
from trunkline.protocols.messages.wire_blocks import (
    BlockIn,
    MessageIn,
    RedactedThinkingBlockIn,
    ThinkingBlockIn,
    ToolAdditionBlockIn,
    ToolRemovalBlockIn,
    ToolResultBlockIn,
    ToolUseBlockIn,
    read_blocks,
)
from trunkline.protocols.requests import CacheMarker, Message, Part, Refusal, Text, ToolCall
from trunkline.protocols.validation import check_nesting, invalid_prompt


class Turns(Struct, frozen=True):
    """The messages, and which tools were taken away on the way."""

    messages: tuple[Message, ...]
    removed_tools: frozenset[str]


def read_turns(system: str | tuple[BlockIn, ...] | None, messages: tuple[MessageIn, ...], nesting_max: int) -> Turns:
    """All of it. Raises InvalidRequest or InvalidPrompt at what is no turn of a conversation."""
    reader = _Reader(nesting_max)
    if system:
        reader.instruct(system, "system")
    for index, message in enumerate(messages):
        path = f"messages[{index}].content"
        match message.role, message.content:
            case "system", content:
                reader.instruct(content, path)
            case role, str(text):
                reader.messages.append(Message(role=role, parts=(Text(text),), plain=True))
            case "user", blocks:
                reader.hear(blocks, path)
            case "assistant", blocks:
                reader.recall(blocks, path)
    if not any(message.parts or message.tool_calls for message in reader.messages):
        raise invalid_prompt("messages", "hold no content. Add at least one message with text.")
    return Turns(tuple(reader.messages), frozenset(reader.removed_tools))


class _Reader:
    __slots__ = ("_call_ids", "_nesting_max", "messages", "removed_tools")

    def __init__(self, nesting_max: int) -> None:
        self._nesting_max = nesting_max
        self._call_ids: set[str] = set()
        self.messages: list[Message] = []
        self.removed_tools: set[str] = set()

    def instruct(self, content: str | tuple[BlockIn, ...], path: str) -> None:
        """Instructions, at the beginning or on the way."""
        if isinstance(content, str):
            self.messages.append(Message(role="system", parts=(Text(content),), plain=True))
            return
        for block in content:
            if isinstance(block, ToolAdditionBlockIn) and block.tool.name is not None:
                self.removed_tools.discard(block.tool.name)
            elif isinstance(block, ToolRemovalBlockIn) and block.tool.name is not None:
                self.removed_tools.add(block.tool.name)
        parts = parts_of(content, path)
        if parts:
            self.messages.append(Message(role="system", parts=parts))

    def hear(self, blocks: tuple[BlockIn, ...], path: str) -> None:
        """A user's message: results of tools come before whatever else it says."""
        for index, block in enumerate(blocks):
            if isinstance(block, ToolResultBlockIn):
                self.messages.append(self._result(block, f"{path}[{index}]"))
        parts = parts_of(blocks, path)
        if parts:
            self.messages.append(Message(role="user", parts=parts))

    def recall(self, blocks: tuple[BlockIn, ...], path: str) -> None:
        """An earlier answer."""
        calls: list[ToolCall] = []
        thoughts: list[Thought] = []
        for index, block in enumerate(blocks):
            if isinstance(block, ToolUseBlockIn):
                check_nesting(block.input, f"{path}[{index}].input", self._nesting_max)
                self._call_ids.add(block.id)
                calls.append(ToolCall(block.id, block.name, compact(block.input).decode() if block.input else "{}"))
            elif isinstance(block, ThinkingBlockIn | RedactedThinkingBlockIn):
                thoughts.append(block)
        parts, details = parts_of(blocks, path), reasoning_details(thoughts)
        if parts or calls or details:
            self.messages.append(
                Message(
                    role="assistant",
                    parts=parts,
                    tool_calls=tuple(calls),
                    reasoning_details=details or None,
                )
            )

    def _result(self, block: ToolResultBlockIn, path: str) -> Message:
        if block.tool_use_id not in self._call_ids:
            raise invalid_prompt(
                f"{path}.tool_use_id",
                "matches no `tool_use` of an earlier assistant message. Send that message before its results.",
            )
        if block.content is None or isinstance(block.content, str):
            parts: tuple[Part, ...] = (Text(block.content or "", marker_of(block)),)
            plain = block.cache_control is None
        else:
            parts, plain = parts_of(read_blocks(block.content, f"{path}.content"), f"{path}.content"), False
            parts = _marked(parts, marker_of(block))
        if block.is_error:
            parts = _as_error(parts)
        return Message(role="tool", parts=parts, plain=plain, tool_call_id=block.tool_use_id)


def _marked(parts: tuple[Part, ...], marker: CacheMarker | None) -> tuple[Part, ...]:
    """A marker on a whole result belongs to its last part."""
    if marker is None or not parts or isinstance(last := parts[-1], Refusal):
        return parts
    return (*parts[:-1], structs.replace(last, cache=last.cache or marker))


def _as_error(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The hub has no flag for a failed tool: its first words say so (inference.md 18.2)."""
    for index, part in enumerate(parts):
        if isinstance(part, Text):
            return (*parts[:index], Text(f"Error: {part.text}", part.cache), *parts[index + 1 :])
    return (Text("Error"), *parts)
