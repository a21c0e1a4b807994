"""Reasoning of earlier turns, as one endpoint may have it back (inference.md 7.5, 30.5)."""

from trunkline.protocols.reasoning.details import PLAIN_FORMATS, SentDetails, read_detail
from trunkline.protocols.requests import Message


class ReasoningHistory:
    """The plain text of the reasoning that one request sends back."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent = SentDetails()

    def plain_text(self, message: Message) -> str | None:
        """What goes into `reasoning_content`: the unsigned details, else the `reasoning` string, else nothing.

        `""` for an empty list of details: some upstreams want the member to be there (7.5).
        """
        if message.reasoning_details is None:
            return message.reasoning
        texts: list[str] = []
        for detail in message.reasoning_details:
            if detail.format not in PLAIN_FORMATS:
                continue
            read = read_detail(detail)
            text = read.text if read.text is not None else read.summary
            if text is not None and self._sent.is_first(read):
                texts.append(text)
        if not texts and message.reasoning_details:
            return None
        return "".join(texts)
