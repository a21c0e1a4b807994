"""Images as clients read them (inference.md 22.2, 13.4)."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Raw, Struct, structs

from trunkline.core import json
from trunkline.core.money import usd_number
from trunkline.protocols.addressed import AddressedBody
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.images.request import ImagesRequest, tier_of
from trunkline.protocols.media_types import type_of_bytes
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.remote_media import is_web_address

IMAGES_MAX: Final = 16
"""Of one answer: more than anybody may ask for."""
_SVG_STARTS: Final = (b"<svg", b"<?xml", b"<!DOCTYPE svg")


class Image(Struct, frozen=True):
    """A finished image. `b64` is base64 without a prefix."""

    b64: str
    media_type: str | None


def image_of(payload: str) -> Image | None:
    """An image from base64 or a data URL; None when nothing can be decoded."""
    data_url = split_data_url(payload)
    b64 = data_url.data if data_url is not None else payload
    try:
        content = b64decode(b64, validate=True)
    except (Base64Error, ValueError):
        return None
    if not content:
        return None
    return Image(b64, image_type(content) or (data_url.mime if data_url is not None else None))


def image_type(content: bytes) -> str | None:
    """The media type that the bytes give away."""
    return "image/svg+xml" if content.lstrip()[:16].startswith(_SVG_STARTS) else type_of_bytes(content)


class ImagesBody(AddressedBody):
    """An `AnswerBody`. Each payload is base64, a data URL, or an address to be fetched; what is no image is left out.

    `usage` None: nothing is counted in tokens.
    """

    def __init__(
        self,
        payloads: Sequence[str],
        usage: Usage | None,
        request: ImagesRequest,
        identity: AnswerIdentity,
        upstream_id: str | None = None,
    ) -> None:
        payloads = payloads[:IMAGES_MAX]
        self.addresses = tuple(dict.fromkeys(payload for payload in payloads if is_web_address(payload)))
        self.facts = Facts(upstream_id=upstream_id)
        self.images: list[Image] = []
        self._payloads = payloads
        self._usage = usage
        self._request = request
        self._identity = identity
        if not self.addresses:
            self.fill({})

    def fill(self, contents: Mapping[str, bytes]) -> None:
        self.images = list(self._decoded(contents))
        complete(self.facts, self.images, self._usage, self._request)

    def _decoded(self, contents: Mapping[str, bytes]) -> Iterator[Image]:
        for payload in self._payloads:
            if payload not in self.addresses:
                image = image_of(payload)
            else:
                content = contents.get(payload, b"")
                image = Image(b64encode(content).decode("ascii"), image_type(content)) if content else None
            if image is not None:
                yield image

    def render(self, report: UsageReport) -> bytes:
        data = b",".join(json.encode(members_of(image)) for image in self.images)
        pieces = [b'{"created":%d,"data":[' % self._identity.created_s, data, b'],"usage":', usage_json(report)]
        if report.metadata:
            pieces += (b',"openrouter_metadata":', bytes(report.metadata))
        return b"".join(pieces) + b"}"


def members_of(image: Image) -> dict[str, str]:
    """One member of `data`."""
    members = {"b64_json": image.b64}
    if image.media_type is not None:
        members["media_type"] = image.media_type
    return members


def complete(facts: Facts, images: Sequence[Image], usage: Usage | None, request: ImagesRequest) -> None:
    """Say of an answer that has ended what it came to: all or nothing (22.2)."""
    if not images:
        facts.fault = UpstreamFault(status=200, message="The answer holds no image that can be decoded")
        return
    facts.content_seen = facts.done = True
    facts.finish_reason = "stop"
    facts.media_count = len(images)
    facts.media_used = media_used(request, len(images))
    facts.usage = usage if usage is not None else Usage()


def media_used(request: ImagesRequest, count: int) -> tuple[MediaUse, ...]:
    """What is billed by the image or by the megapixel, where an endpoint's prices are such (13.2)."""
    pixels = request.likely_pixels
    tier = tier_of(pixels).lower()
    megapixels = max(1000, pixels.thousandths_of_megapixel)
    given = len(request.references)
    return (
        MediaUse("image", count * 1000, "output", (tier,)),
        MediaUse("megapixel", count * megapixels, "output", (tier,)),
        MediaUse("image", given * 1000, "input"),
        MediaUse("megapixel", given * 1000, "input"),
    )


def all_image_tokens(usage: Usage) -> Usage:
    """Where an upstream does not tell image tokens apart, all that an image model answers are."""
    if usage.completion_image_tokens:
        return usage
    return structs.replace(usage, completion_image_tokens=usage.completion_tokens)


def usage_json(report: UsageReport) -> Raw:
    """Tokens, cost, and the cost's parts (13.1)."""
    usage, charge = report.usage, report.charge
    return Raw(
        b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"cost":%b,"is_byok":%b,'
        b'"prompt_tokens_details":{"cached_tokens":%d},"completion_tokens_details":{"image_tokens":%d,'
        b'"reasoning_tokens":%d},"cost_details":{"upstream_inference_cost":%b,"upstream_inference_prompt_cost":%b,'
        b'"upstream_inference_completions_cost":%b}}'
        % (
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.prompt_tokens + usage.completion_tokens,
            usd_number(charge.total_nanousd),
            b"true" if charge.is_byok else b"false",
            usage.cached_tokens,
            usage.completion_image_tokens,
            usage.reasoning_tokens,
            usd_number(charge.upstream_nanousd),
            usd_number(charge.upstream_prompt_nanousd),
            usd_number(charge.upstream_completion_nanousd),
        )
    )
