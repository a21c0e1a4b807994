"""How much the model is to think, and what it thought in earlier turns (inference.md 7.2, 7.5)."""

from typing import Final

from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.cohere.parts import PLAN_ID
from trunkline.protocols.reasoning.details import PLAIN_FORMATS, SentDetails, read_detail
from trunkline.protocols.reasoning.efforts import REASONING_PARAMETERS, may_ask
from trunkline.protocols.requests import Message, Reasoning

_SWITCHED_OFF: Final[dict[str, JsonValue]] = {"type": "disabled"}


def thinking_of(reasoning: Reasoning | None, target: UpstreamTarget) -> JsonValue:
    """`thinking` as sent, None for nothing. Efforts have no word here: the model thinks as long as it sees fit, or
    up to the budget that the caller named.

    Raises InvalidRequest when thinking is to be off where it cannot be.
    """
    if reasoning is None or reasoning.enabled is None or not may_ask(reasoning, target):
        return None
    if not reasoning.enabled:
        return _SWITCHED_OFF
    if reasoning.max_tokens is None:
        return {"type": "enabled"}
    return {"type": "enabled", "token_budget": reasoning.max_tokens}


class ThoughtHistory:
    """The reasoning that one request sends back: thinking among the content, plans beside their calls.

    It carries no signatures, so any plain text will do; a repeated detail goes out once, where it came first.
    """

    __slots__ = ("_sent", "_thinks")

    def __init__(self, target: UpstreamTarget) -> None:
        supported = target.supported_parameters
        self._thinks = not supported or bool(supported & REASONING_PARAMETERS)
        self._sent = SentDetails()

    def split(self, message: Message) -> tuple[list[str], str]:
        """(thoughts, plan) of a message. A model that does not think takes its thoughts as the plan of its calls."""
        thoughts: list[str] = []
        plan: list[str] = []
        if message.reasoning_details is None and message.reasoning:
            plan.append(message.reasoning)
        for detail in message.reasoning_details or ():
            if detail.format not in PLAIN_FORMATS:
                continue
            read = read_detail(detail)
            text = read.text if read.text is not None else read.summary
            if text and self._sent.is_first(read):
                (plan if read.id == PLAN_ID or not self._thinks else thoughts).append(text)
        return thoughts, "".join(plan) if message.tool_calls else ""
