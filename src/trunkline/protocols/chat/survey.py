"""One walk over the messages of a request: what they hold, whether they are a conversation, how long they are.

Each message gets a bit set of `Trait`s: facts that some upstream cannot take as they stand. An upstream's dialect is
a mask of such bits (`dialect.py`), so "does this message need an edit for this endpoint?" is one `&`, and a message
that needs none keeps its bytes (the native path).
"""

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from trunkline.protocols import media_payloads
from trunkline.protocols.chat.wire_messages import (
    AssistantMessage,
    AudioPart,
    DeveloperMessage,
    FilePart,
    ImagePart,
    LegacyVideoPart,
    RefusalPart,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
    VideoPart,
    WireMessage,
    WirePart,
    given,
)
from trunkline.protocols.estimates import MediaCount, Surveyed, prompt_tokens_estimate
from trunkline.protocols.output_images import OutputImage
from trunkline.protocols.reasoning.details import WireReasoningDetail
from trunkline.protocols.validation import decode, invalid_prompt

# Traits, as bits of an int: enum arithmetic would cost more than the walk.
CACHE_CONTROL = 1 << 0
CACHE_BREAKPOINT = 1 << 1
MESSAGE_CACHE = 1 << 2
DEVELOPER = 1 << 3
REASONING = 1 << 4
TOOL_MEDIA = 1 << 5
FIXED_ROLE_MEDIA = 1 << 6
"""Images, files … in a system or assistant message."""
OUTPUT_IMAGES = 1 << 7
ANNOTATIONS = 1 << 8
EMPTY_ASSISTANT = 1 << 9
AUDIO_DATA_URL = 1 << 10
ORIGINAL_DETAIL = 1 << 11
LEGACY_VIDEO = 1 << 12
EMPTY_TEXT = 1 << 13
CALL_IDS = 1 << 14
EMPTY_MARKED = 1 << 15
"""A cache marker on an empty text: nobody takes that."""

CALL_INDEX = 1 << 16
UPLOAD = 1 << 17
"""A file by its id, which no upstream knows."""

_details = msgspec.json.Decoder(list[WireReasoningDetail])
_output_images = msgspec.json.Decoder(list[OutputImage])
_objects = msgspec.json.Decoder(list[dict[str, Raw]])


class Survey(Surveyed, frozen=True, kw_only=True):
    """What the walk found. `traits` has one entry a message, `all_traits` is their union."""

    traits: tuple[int, ...]
    all_traits: int
    input_modalities: frozenset[str]


class _Walk:
    """The running totals of one walk."""

    __slots__ = ("audio", "call_ids", "files", "images", "text_bytes", "videos")

    def __init__(self) -> None:
        self.text_bytes = self.images = self.files = self.audio = self.videos = 0
        self.call_ids: set[str] = set()

    def parts(self, content: list[WirePart], message_index: int) -> int:
        traits = 0
        for index, part in enumerate(content):
            marks = 0 if part.cache_control is None else CACHE_CONTROL
            if part.prompt_cache_breakpoint is not None:
                marks |= CACHE_BREAKPOINT
            traits |= marks
            if isinstance(part, TextPart):
                self.text_bytes += _utf8_length(part.text)
                if not part.text:
                    traits |= EMPTY_TEXT | EMPTY_MARKED if marks else EMPTY_TEXT
            else:
                traits |= self._medium(part, f"messages[{message_index}].content[{index}]")
        return traits

    def _medium(self, part: WirePart, path: str) -> int:
        match part:
            case ImagePart():
                self.images += 1
                media_payloads.check_image(part.image_url.url, f"{path}.image_url.url")
                return ORIGINAL_DETAIL | FIXED_ROLE_MEDIA if part.image_url.detail == "original" else FIXED_ROLE_MEDIA
            case FilePart():
                self.files += 1
                if given(part.file.file_data):
                    media_payloads.check_media(part.file.file_data, f"{path}.file.file_data")
                    return FIXED_ROLE_MEDIA
                if part.file.file_id is None:
                    raise invalid_prompt(f"{path}.file", "has neither `file_data` nor `file_id`. Add one of them.")
                return UPLOAD | FIXED_ROLE_MEDIA
            case AudioPart():
                self.audio += 1
                prefixed = media_payloads.check_audio(part.input_audio.data, f"{path}.input_audio.data")
                return AUDIO_DATA_URL | FIXED_ROLE_MEDIA if prefixed else FIXED_ROLE_MEDIA
            case VideoPart() | LegacyVideoPart():
                self.videos += 1
                media_payloads.check_media(part.video_url.url, f"{path}.video_url.url")
                return FIXED_ROLE_MEDIA | LEGACY_VIDEO if isinstance(part, LegacyVideoPart) else FIXED_ROLE_MEDIA
            case RefusalPart():
                self.text_bytes += len(part.refusal)
                return 0
            case TextPart():
                return 0

    def of_role(self, message: WireMessage, traits: int, index: int) -> int:
        """The traits of a message from those of its content and what its role makes of them."""
        match message:
            case AssistantMessage():
                traits |= self._assistant(message, index)
            case ToolMessage():
                traits = self._tool_result(message, traits, index)
            case UserMessage():
                traits &= ~FIXED_ROLE_MEDIA
            case DeveloperMessage():
                traits |= DEVELOPER
            case SystemMessage():
                pass
        return traits if message.cache_control is None else traits | MESSAGE_CACHE

    def _assistant(self, message: AssistantMessage, index: int) -> int:
        traits = 0
        if message.tool_calls:
            traits |= CALL_IDS
            for call in message.tool_calls:
                self.call_ids.add(call.id)
                if call.index is not None:
                    traits |= CALL_INDEX
                self.text_bytes += len(call.function.name) + len(call.function.arguments)
        elif message.content in (None, []) and message.refusal is None and message.audio is None:
            traits |= EMPTY_ASSISTANT
        if message.reasoning is not None or message.reasoning_content is not None:
            traits |= REASONING
            self.text_bytes += _utf8_length(message.reasoning or message.reasoning_content or "")
        if message.reasoning_details or message.images or message.annotations:
            traits |= self._replayed(message, f"messages[{index}]")
        if traits & (REASONING | OUTPUT_IMAGES):
            traits &= ~EMPTY_ASSISTANT
        return traits

    def _replayed(self, message: AssistantMessage, path: str) -> int:
        """What an earlier answer had beside its text."""
        traits = 0
        if given(message.reasoning_details):
            traits |= REASONING
            decode(_details, message.reasoning_details, f"{path}.reasoning_details")
        if given(message.images):
            traits |= OUTPUT_IMAGES
            self.images += len(decode(_output_images, message.images, f"{path}.images"))
        if given(message.annotations):
            traits |= ANNOTATIONS
            decode(_objects, message.annotations, f"{path}.annotations")
        return traits

    def _tool_result(self, message: ToolMessage, traits: int, index: int) -> int:
        if message.tool_call_id not in self.call_ids:
            raise invalid_prompt(
                f"messages[{index}].tool_call_id",
                "matches no tool call of an earlier assistant message. Send that message before its results.",
            )
        return traits ^ (FIXED_ROLE_MEDIA | TOOL_MEDIA) | CALL_IDS if traits & FIXED_ROLE_MEDIA else traits | CALL_IDS


def survey(messages: Sequence[WireMessage], tools_bytes: int) -> Survey:
    """Walk the messages once. Raises InvalidRequest or InvalidPrompt at the first that is no turn of a conversation."""
    walk = _Walk()
    traits: list[int] = []
    all_traits = 0
    for index, message in enumerate(messages):
        content = message.content
        bits = 0
        if isinstance(content, str):
            walk.text_bytes += len(content) if content.isascii() else len(content.encode())
        elif content is not None:
            bits = walk.parts(content, index)
        bits = walk.of_role(message, bits, index)
        traits.append(bits)
        all_traits |= bits
    if all_traits & EMPTY_ASSISTANT and all(bits & EMPTY_ASSISTANT for bits in traits):
        raise invalid_prompt("messages", "hold no content. Add at least one message with text.")
    counted = MediaCount(images=walk.images, files=walk.files, audio=walk.audio, videos=walk.videos)
    return Survey(
        traits=tuple(traits),
        all_traits=all_traits,
        tokens_estimate=prompt_tokens_estimate(walk.text_bytes, tools_bytes, len(traits), counted),
        input_modalities=counted.modalities,
        media=counted,
    )


def _utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
