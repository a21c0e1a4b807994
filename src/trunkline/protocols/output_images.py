"""Images that a model answered earlier, as they come back with the history (inference.md 11.1)."""

from typing import Literal

from msgspec import Struct


class OutputImageUrl(Struct, frozen=True, gc=False):
    url: str


class OutputImage(Struct, frozen=True, gc=False):
    """One of `images` on an assistant message: what an image model answered earlier."""

    image_url: OutputImageUrl
    type: Literal["image_url"] = "image_url"
