"""Tokens that nobody counted, guessed from what a request holds (routing-and-catalog.md 1)."""

from typing import Final

from msgspec import Struct

CHARS_PER_TOKEN: Final = 4
TOKENS_PER_MESSAGE: Final = 4
TOKENS_PER_IMAGE: Final = 1000
TOKENS_PER_MEDIA_SECOND: Final = 25
MEDIA_SECONDS_ASSUMED: Final = 60
"""Nobody opens a recording to learn its length; a minute is assumed."""


class MediaCount(Struct, frozen=True, kw_only=True):
    """How many media of each kind a request holds."""

    images: int = 0
    files: int = 0
    audio: int = 0
    videos: int = 0

    @property
    def total(self) -> int:
        return self.images + self.files + self.audio + self.videos

    @property
    def modalities(self) -> frozenset[str]:
        """`text`, and the kinds of which there are any."""
        kinds = (("image", self.images), ("file", self.files), ("audio", self.audio), ("video", self.videos))
        return frozenset({"text", *(name for name, count in kinds if count)})


class Surveyed(Struct, frozen=True, kw_only=True):
    """What a walk over a request's content is made for."""

    media: MediaCount
    tokens_estimate: int
    """The prompt's."""


def estimated_tokens(chars: int) -> int:
    """A quarter of the characters (or UTF-8 bytes), rounded up."""
    return -(-chars // CHARS_PER_TOKEN)


def prompt_tokens_estimate(text_bytes: int, tools_bytes: int, messages: int, media: MediaCount) -> int:
    """The prompt of a conversation. Files count nothing: what of them becomes text is known to the provider alone."""
    return (
        estimated_tokens(text_bytes)
        + estimated_tokens(tools_bytes)
        + TOKENS_PER_MESSAGE * messages
        + TOKENS_PER_IMAGE * media.images
        + TOKENS_PER_MEDIA_SECOND * MEDIA_SECONDS_ASSUMED * (media.audio + media.videos)
    )
