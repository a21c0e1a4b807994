"""Messages on the native path (inference.md 18): their bytes are kept.

Only a message that this upstream would refuse is written anew, its other blocks as they were sent: without thinking
that belongs to another provider, with ids of calls in the characters that the format has, and with instructions in the
middle as text of the user where the model takes none.
"""

from typing import Final

import msgspec
from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.messages.families import COMPATIBLE, Family
from trunkline.protocols.messages.hub_request import Said
from trunkline.protocols.messages.sealed import is_sealed
from trunkline.protocols.messages.tools import upstream_call_id
from trunkline.protocols.messages.wire_blocks import (
    BlockIn,
    MessageIn,
    RedactedThinkingBlockIn,
    TextBlockIn,
    ThinkingBlockIn,
    ToolResultBlockIn,
    ToolUseBlockIn,
)
from trunkline.protocols.support import nothing_left

_raws: Final = msgspec.json.Decoder(list[Raw])


def edit_messages(said: Said, family: Family) -> object:
    """`messages` as sent to this upstream. Raises InvalidPrompt when nothing is left of them."""
    whole = said.members["messages"]
    if not any(_needs_edit(message, family) for message in said.messages):
        return whole
    edited: list[object] = []
    for message, raw in zip(said.messages, _raws.decode(whole), strict=True):
        written = _edited(message, raw, family) if _needs_edit(message, family) else raw
        if written is not None:
            edited.append(written)
    if not edited:
        raise nothing_left()
    return edited


def loop_lacks_thinking(messages: tuple[MessageIn, ...], family: Family) -> bool:
    """Whether a tool loop is open whose first assistant turn does not start with thinking of this upstream."""
    opening: MessageIn | None = None
    for message in reversed(messages):
        if message.role == "assistant":
            opening = message
        elif not _holds_results(message):
            break
    if not messages or not _holds_results(messages[-1]) or opening is None or isinstance(opening.content, str):
        return False
    kept = [block for block in opening.content if not _is_foreign(block, family)]
    return not kept or not isinstance(kept[0], ThinkingBlockIn | RedactedThinkingBlockIn)


def _holds_results(message: MessageIn) -> bool:
    content = message.content
    return not isinstance(content, str) and any(isinstance(block, ToolResultBlockIn) for block in content)


def _needs_edit(message: MessageIn, family: Family) -> bool:
    if message.role == "system":
        return family is not COMPATIBLE and not family.later_system
    content = message.content
    return not isinstance(content, str) and any(_is_foreign(b, family) or _has_foreign_id(b) for b in content)


def _edited(message: MessageIn, raw: Raw, family: Family) -> object | None:
    if message.role == "system":
        return _as_user(message)
    members = json.members(raw)
    blocks: list[object] = []
    for block, read in zip(_raws.decode(members["content"]), message.content, strict=True):
        if not isinstance(read, str) and not _is_foreign(read, family):
            blocks.append(_with_own_id(block, read))
    return {**members, "content": blocks} if blocks else None


def _is_foreign(block: BlockIn, family: Family) -> bool:
    """Thinking that this upstream would refuse: another provider's, or without a signature (inference.md 7.5)."""
    if isinstance(block, RedactedThinkingBlockIn):
        return is_sealed(block.data)
    if not isinstance(block, ThinkingBlockIn):
        return False
    return is_sealed(block.signature) or (not block.signature and family is not COMPATIBLE)


def _has_foreign_id(block: BlockIn) -> bool:
    """An id of a call with characters that this format does not take (inference.md 8.4)."""
    match block:
        case ToolUseBlockIn(id=call_id) | ToolResultBlockIn(tool_use_id=call_id):
            return upstream_call_id(call_id) != call_id
        case _:
            return False


def _with_own_id(raw: Raw, block: BlockIn) -> object:
    if not _has_foreign_id(block):
        return raw
    match block:
        case ToolUseBlockIn():
            return {**json.members(raw), "id": upstream_call_id(block.id)}
        case ToolResultBlockIn():
            return {**json.members(raw), "tool_use_id": upstream_call_id(block.tool_use_id)}
        case _:
            return raw


def _as_user(message: MessageIn) -> object | None:
    """Instructions in the middle as text of the user (inference.md 30.1)."""
    if isinstance(message.content, str):
        texts = [message.content]
    else:
        texts = [block.text for block in message.content if isinstance(block, TextBlockIn)]
    content = [{"type": "text", "text": f"<system>{text}</system>"} for text in texts if text.strip()]
    return {"role": "user", "content": content} if content else None
