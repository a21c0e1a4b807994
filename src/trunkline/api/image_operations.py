"""`POST /images` as `/openapi.json` describes it; it is served by `generation.py` (inference.md 22)."""

from typing import Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.api.operations import Operation
from trunkline.api.wire import Usd
from trunkline.protocols.images.request import WireImages


class PictureUrl(Struct, frozen=True):
    url: str


class Picture(Struct, frozen=True):
    """A picture to work from; http(s) or data URL."""

    type: Literal["image_url"]
    image_url: PictureUrl


ImageGenerationRequest = msgspec.defstruct(
    "ImageGenerationRequest",
    [
        ("model", str),
        *[
            (field.name, field.type) if field.required else (field.name, field.type, field.default)
            for field in msgspec.structs.fields(WireImages)
            if field.name != "input_references"
        ],
        ("input_references", list[Picture] | None, None),
        ("provider", dict[str, Raw] | None, None),
    ],
    kw_only=True,
)
"""Body of `POST /images`."""


class MadeImage(Struct, frozen=True):
    """Base64 of the file; `media_type` where it can be told."""

    b64_json: str
    media_type: str = ""


class ImageUsage(Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them, 0 where it bills by the image, and what the account was charged in USD."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: Usd
    is_byok: bool
    prompt_tokens_details: dict[str, int]
    completion_tokens_details: dict[str, int]
    cost_details: dict[str, Raw]


class ImageGeneration(Struct, frozen=True):
    """A whole answer; with `stream`, where the endpoint streams, previews and images come as server-sent events."""

    created: int
    data: list[MadeImage]
    usage: ImageUsage


GENERATE = Operation(
    method="POST",
    path="/images",
    id="createImages",
    summary="Make images from a prompt, or from pictures",
    tag="Images",
    request=ImageGenerationRequest,
    response=ImageGeneration,
    errors=(400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504),
)
