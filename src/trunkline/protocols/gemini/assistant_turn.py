"""One assistant message as parts of the model: thoughts, words, images, calls, each with its signature."""

import msgspec
from msgspec import UNSET, Raw

from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.functions import CallNames
from trunkline.protocols.gemini.media import inline_data
from trunkline.protocols.gemini.signatures import UNKNOWN_SIGNATURE, SignatureHistory
from trunkline.protocols.gemini.written import WrittenPart
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.output_images import OutputImage
from trunkline.protocols.requests import Message

_image = msgspec.json.Decoder(OutputImage)


class AssistantTurns:
    """Writes the assistant messages of one request in order."""

    __slots__ = ("_calls", "_family", "_history")

    def __init__(self, family: Family, calls: CallNames) -> None:
        self._family = family
        self._calls = calls
        self._history = SignatureHistory()

    def write(self, message: Message, content: list[WrittenPart]) -> list[WrittenPart]:
        """The message in the order thoughts, words, images, calls. `content` are its own parts, already written."""
        signatures = self._history.read(message)
        parts = [
            WrittenPart(text=thought.text, thought=True, thought_signature=thought.signature)
            for thought in signatures.thoughts
        ]
        words = [part for part in content if part.text is not UNSET]
        parts += words
        images = [part for part in content if part.text is UNSET]
        if self._family.paints:
            images += _output_images(message.images)
        for ordinal, image in enumerate(images):
            image.thought_signature = signatures.of_image(ordinal) or UNSET
        parts += images
        calls = [self._calls.write_call(call, signatures.of_id.get(call.id)) for call in message.tool_calls]
        if signatures.of_text is not None:
            signed = words or [call for call in calls[:1] if call.thought_signature is UNSET]
            if not signed:
                signed = [WrittenPart(text="")]
                parts += signed
            signed[-1].thought_signature = signatures.of_text
        if calls and self._family.needs_signatures and calls[0].thought_signature is UNSET:
            calls[0].thought_signature = UNKNOWN_SIGNATURE
        return parts + calls


def _output_images(images: tuple[Raw, ...]) -> list[WrittenPart]:
    """Images of an earlier answer, which are data URLs; what is none was not this format's."""
    parts: list[WrittenPart] = []
    for raw in images:
        try:
            split = split_data_url(_image.decode(raw).image_url.url)
        except UNREADABLE:
            continue
        if split is not None:
            parts.append(inline_data(split.mime, split.data))
    return parts
