"""A `message` of an answer: text with annotations and log probabilities, refusals."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.lenient_json import NOTHING, object_of, objects_of, text_of
from trunkline.protocols.responses.annotations import to_chat_annotation
from trunkline.protocols.responses.answer_log import OpenPart
from trunkline.protocols.responses.items import PARTS_MAX, Members, OutputItem
from trunkline.protocols.responses.wire import WireEvent

_TEXT_OF: Final = {"output_text": "text", "refusal": "refusal"}
"""Kind of part → the member that holds its text."""

_BRACKETS_BYTES = 4
"""`[]` or `null`: log probabilities that are longer than that say something."""


class MessageItem(OutputItem):
    """`message`: parts of text and refusal."""

    _KNOWN: Final = frozenset({"id", "type", "status", "role", "content"})

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
            part = self._part("output_text", position)
            if part is not None:
                self._annotate(part, event.annotation)

    def tell_rest(self, item: Members) -> None:
        told = {kind: iter(self.told(kind)) for kind in _TEXT_OF}
        for position, raw in enumerate(objects_of(item.get("content"))):
            content = object_of(raw)
            kind = text_of(content.get("type"))
            if kind not in _TEXT_OF:
                self.log.keep(f"output[{self.position}].content[{position}]", raw)
                continue
            part = next(told[kind], None) or self._part(kind, PARTS_MAX + position)
            if part is not None:
                self._tell_part(part, content, text_of(content.get(_TEXT_OF[kind])))
        self.keep_others(item, self._KNOWN)

    def _tell_part(self, part: OpenPart, content: Members, text: str) -> None:
        logprobs = NOTHING if part.has_logprobs else _chat_logprobs(content.get("logprobs", NOTHING))
        rest = text[part.length :]
        if rest or logprobs:
            self.log.say(part, rest, logprobs)
        for annotation in objects_of(content.get("annotations"))[part.annotations :]:
            self._annotate(part, annotation)

    def _annotate(self, part: OpenPart, annotation: Raw) -> None:
        part.annotations += 1
        converted = to_chat_annotation(annotation, part.offset)
        if converted is None:
            self.log.keep(f"output[{self.position}].content[].annotations[]", annotation)
        else:
            self.log.annotate(converted)

    def _part(self, kind: str, position: int) -> OpenPart | None:
        part = self.parts.get((kind, position))
        if part is None and len(self.parts) < PARTS_MAX:
            part = self.parts[kind, position] = self.log.open("refusal" if kind == "refusal" else "text")
        return part


def _chat_logprobs(tokens: Raw) -> Raw:
    """The log probabilities of a delta as a chat choice's object; the tokens themselves look alike."""
    if len(tokens) <= _BRACKETS_BYTES:
        return NOTHING
    return Raw(b'{"content":' + bytes(tokens) + b',"refusal":null}')
