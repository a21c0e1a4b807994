"""In which format an error is told that was raised before any request was read: its path says (inference.md 5.7)."""

import re
from typing import Final

from trunkline.protocols.chat.client import CHAT_FORMAT
from trunkline.protocols.client import ClientFormat
from trunkline.protocols.messages.client import MESSAGES_FORMAT

_MESSAGES: Final = re.compile(r"(?:/api)?/v1/messages(?:/|$)")


def format_of(path: str) -> ClientFormat:
    """Everything below `/messages` speaks Anthropic's envelope, also what is not there."""
    return MESSAGES_FORMAT if _MESSAGES.match(path) else CHAT_FORMAT
