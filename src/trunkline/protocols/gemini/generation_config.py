"""`generationConfig`: sampling, length, form of the output (inference.md 30.4)."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.thinking import thinking_config
from trunkline.protocols.lenient_json import object_of, text_of
from trunkline.protocols.requests import GenerationRequest, JsonObject, JsonSchema
from trunkline.protocols.support import output_cap, output_format, supports

STOP_SEQUENCES_MAX: Final = 5
_SEED_BITS: Final = 0x7FFF_FFFF
"""Seeds are signed 32-bit integers here; of a longer one the lowest 31 bits are taken."""
_IMAGE_MEMBERS: Final = (
    ("aspect_ratio", "aspectRatio"),
    ("size", "imageSize"),
    ("resolution", "imageSize"),
    ("image_size", "imageSize"),
)
_SIZES: Final = frozenset({"512", "1K", "2K", "4K"})


def generation_config(hub: GenerationRequest, target: UpstreamTarget, family: Family) -> dict[str, object]:
    """The members that were asked for and that this endpoint takes. Raises InvalidRequest as `thinking_config`."""
    sampling = hub.sampling
    cap = output_cap(sampling.max_tokens, target)
    stop = [sequence for sequence in sampling.stop if sequence][:STOP_SEQUENCES_MAX]
    asked: tuple[tuple[str, str, object], ...] = (
        ("max_tokens", "maxOutputTokens", cap),
        ("temperature", "temperature", sampling.temperature),
        ("top_p", "topP", sampling.top_p),
        ("top_k", "topK", sampling.top_k or None),
        ("frequency_penalty", "frequencyPenalty", sampling.frequency_penalty),
        ("presence_penalty", "presencePenalty", sampling.presence_penalty),
        ("seed", "seed", _seed(sampling.seed)),
        ("stop", "stopSequences", stop or None),
        ("logprobs", "responseLogprobs", sampling.logprobs),
        ("top_logprobs", "logprobs", sampling.top_logprobs),
    )
    config: dict[str, object] = {
        name: value for parameter, name, value in asked if value is not None and supports(target, parameter)
    }
    if sampling.n is not None and sampling.n > 1 and ("multiple_choices" in target.quirks or supports(target, "n")):
        config["candidateCount"] = sampling.n
    config.update(_output(hub, target))
    if hub.modalities:
        config["responseModalities"] = [modality.upper() for modality in hub.modalities]
    image = _image(hub.image_config) if family.paints else {}
    if image:
        config["imageConfig"] = image
    thinking = thinking_config(hub.reasoning, target, family, cap)
    if thinking:
        config["thinkingConfig"] = thinking
    return config


def _seed(seed: int | None) -> int | None:
    if seed is None or -_SEED_BITS - 1 <= seed <= _SEED_BITS:
        return seed
    return seed & _SEED_BITS


def _output(hub: GenerationRequest, target: UpstreamTarget) -> dict[str, object]:
    """JSON mode and schemas; a schema falls back to JSON mode, that to free text (inference.md 9.1)."""
    match hub.output:
        case None:
            return {}
        case JsonObject():
            wanted = output_format("json_object", target)
            schema = Raw(b"")
        case JsonSchema():
            wanted = output_format("json_schema", target)
            schema = hub.output.schema
    if wanted == "drop":
        return {}
    members: dict[str, object] = {"responseMimeType": "application/json"}
    if wanted == "keep" and len(schema):
        members["responseJsonSchema"] = schema
    return members


def _image(raw: Raw) -> dict[str, object]:
    """Aspect ratio and size class; other keys mean nothing here (inference.md 11.1). `image_size` wins over aliases."""
    given = object_of(raw)
    members: dict[str, object] = {}
    for ours, theirs in _IMAGE_MEMBERS:
        value = text_of(given.get(ours))
        if value and value != "auto" and (theirs != "imageSize" or value in _SIZES):
            members[theirs] = value
    return members
