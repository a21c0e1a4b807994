"""What chat asks for by a member and this format by a tool of the provider's: images (30.4) and web search."""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.lenient_json import object_of, text_of
from trunkline.protocols.requests import GenerationRequest
from trunkline.protocols.support import supports

_IMAGE_OPTIONS: Final = ("size", "quality", "background", "output_format", "output_compression", "moderation")


def server_tools(hub: GenerationRequest, target: UpstreamTarget) -> list[dict[str, object]]:
    """The tools that stand for `modalities: ["image"]` and `web_search_options`."""
    tools: list[dict[str, object]] = []
    if "image" in hub.modalities:
        config = json.members(hub.image_config) if len(hub.image_config) else {}
        options: dict[str, object] = {name: config[name] for name in _IMAGE_OPTIONS if name in config}
        tools.append({"type": "image_generation"} | options)
    if len(hub.web_search_options) and supports(target, "web_search_options"):
        tools.append({"type": "web_search"} | _search_options(json.members(hub.web_search_options)))
    return tools


def _search_options(options: dict[str, Raw]) -> dict[str, object]:
    """Chat nests the place under `approximate`; here its members stand beside `type`."""
    flat: dict[str, object] = {}
    if "search_context_size" in options:
        flat["search_context_size"] = options["search_context_size"]
    location = object_of(options.get("user_location"))
    place = object_of(location.get("approximate"))
    if place:
        flat["user_location"] = {"type": text_of(location.get("type")) or "approximate"} | place
    return flat
