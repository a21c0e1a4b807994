"""A `message` of an answer: text with annotations and log probabilities, refusals."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.chat.wire import NOTHING, object_of, objects_of, text_of
from trunkline.protocols.responses.annotations import to_chat_annotation
from trunkline.protocols.responses.answer_log import AnswerLog, OpenPart
from trunkline.protocols.responses.items import PARTS_MAX, Members, OutputItem
from trunkline.protocols.responses.wire import WireEvent

_BRACKETS_BYTES = 4
"""`[]` or `null`: log probabilities that are longer than that say something."""


class MessageItem(OutputItem):
    """`message`: parts of text and refusal."""

    _KNOWN: Final = frozenset({"id", "type", "status", "role", "content"})

    def __init__(self, log: AnswerLog, position: int) -> None:
        super().__init__(log, position)
        self._annotated: dict[int, int] = {}

    def grow(self, event: WireEvent) -> None:
        position = event.content_index or 0
        if event.type == "response.output_text.delta":
            part = self._part("output_text", position)
            if part is not None and event.delta:
                self.log.say(part, event.delta, _chat_logprobs(event.logprobs))
        elif event.type == "response.refusal.delta":
            part = self._part("refusal", position)
            if part is not None and event.delta:
                self.log.say(part, event.delta)
        elif event.annotation:
            self._annotate(position, event.annotation)

    def tell_rest(self, item: Members) -> None:
        for position, content in enumerate(objects_of(item.get("content"))):
            self._finish_part(position, object_of(content), content)
        self.keep_others(item, self._KNOWN)

    def _finish_part(self, position: int, content: Members, raw: Raw) -> None:
        kind = text_of(content.get("type"))
        if kind == "output_text":
            text, logprobs = text_of(content.get("text")), _chat_logprobs(content.get("logprobs", NOTHING))
        elif kind == "refusal":
            text, logprobs = text_of(content.get("refusal")), NOTHING
        else:
            self.log.keep(f"output[{self.position}].content[{position}]", raw)
            return
        part = self._part(kind, position)
        if part is None:
            return
        rest = text[part.length :]
        if rest or (logprobs and not part.has_logprobs):
            self.log.say(part, rest, NOTHING if part.has_logprobs else logprobs)
        for annotation in objects_of(content.get("annotations"))[self._annotated.get(position, 0) :]:
            self._annotate(position, annotation)

    def _annotate(self, position: int, annotation: Raw) -> None:
        self._annotated[position] = self._annotated.get(position, 0) + 1
        part = self.parts.get(("output_text", position))
        converted = to_chat_annotation(annotation, 0 if part is None else part.offset)
        if converted is None:
            self.log.keep(f"output[{self.position}].content[{position}].annotations[]", annotation)
        else:
            self.log.annotate(converted)

    def _part(self, kind: str, position: int) -> OpenPart | None:
        part = self.parts.get((kind, position))
        if part is None and len(self.parts) < PARTS_MAX:
            part = self.log.open("refusal" if kind == "refusal" else "text")
            self.parts[kind, position] = part
        return part


def _chat_logprobs(tokens: Raw) -> Raw:
    """The log probabilities of a delta as a chat choice's object; the tokens themselves look alike."""
    if len(tokens) <= _BRACKETS_BYTES:
        return NOTHING
    return Raw(b'{"content":' + bytes(tokens) + b',"refusal":null}')
