"""xAI's images: OpenAI's shape, with a ratio and a tier instead of pixels, and edits in JSON."""

from collections.abc import Mapping

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.images.abilities import abilities_at, aspect_ratio_for, require_able, tier_for
from trunkline.protocols.images.codec import filled
from trunkline.protocols.images.openai import OpenAIImages
from trunkline.protocols.images.request import ImagesRequest
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey, RemoteMedia


class XaiImages(OpenAIImages):
    """Addresses are opened by xAI itself."""

    __slots__ = ()

    def remote_media(self, request: ImagesRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return ()

    def encode(self, request: ImagesRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = abilities_at(target)
        require_able(request, abilities, target)
        members: dict[str, object] = {
            "model": target.upstream_model,
            "prompt": request.prompt,
            "response_format": "b64_json",
        }
        if request.n > 1:
            members["n"] = request.n
        if (aspect_ratio := aspect_ratio_for(request, abilities)) is not None:
            members["aspect_ratio"] = aspect_ratio
        if (tier := tier_for(request, abilities)) is not None:
            members["resolution"] = tier.lower()
        images = [{"type": "image_url", "url": url} for url in filled(request, contents)]
        if len(images) == 1:
            members["image"] = images[0]
        elif images:
            members["images"] = images
        members |= options_for(request.options, target, abilities.passthrough)
        return Payload(json.encode(members))
