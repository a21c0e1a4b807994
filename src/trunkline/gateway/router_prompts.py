"""What router models read of a request: only made when one is named (routing-and-catalog.md 12.1)."""

import msgspec
from msgspec import Struct

from trunkline.gateway.conversion import Inbound
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.protocols.chat.chat_request import ChatRequest
from trunkline.protocols.requests import Text
from trunkline.routing.routers.classify import TEXT_CHARS_MAX
from trunkline.routing.routers.settings import Prompt


class _Turn(Struct, frozen=True):
    role: str = ""
    model: str | None = None


_turns = msgspec.json.Decoder(list[_Turn])


def prompt_of(inbound: Inbound) -> Prompt:
    """The last user message, as far as it is looked at, and the model that answered before. Of a request for something
    else than a generation, nothing."""
    if not isinstance(inbound, InboundGeneration):
        return Prompt()
    messages = inbound.request.to_hub().messages
    last = next((message for message in reversed(messages) if message.role == "user"), None)
    texts = () if last is None else (part.text for part in last.parts if isinstance(part, Text))
    return Prompt(text="\n".join(texts)[:TEXT_CHARS_MAX], answered_by=_answered_by(inbound.request))


def _answered_by(request: object) -> str | None:
    """`model` of the most recent assistant message, which chat clients may leave in the history."""
    if not isinstance(request, ChatRequest):
        return None
    try:
        turns = _turns.decode(request.members["messages"])
    except msgspec.ValidationError:  # a `model` that is no text says nothing
        return None
    return next((turn.model for turn in reversed(turns) if turn.role == "assistant" and turn.model), None)
