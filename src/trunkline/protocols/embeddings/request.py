"""The body of POST /embeddings (inference.md 20)."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.embeddings.content import content_of
from trunkline.protocols.estimates import MediaCount, estimated_tokens, prompt_tokens_estimate
from trunkline.protocols.plain_request import PlainRequest, plain_head
from trunkline.protocols.requests import Audio, File, Image, Part, Text, Video
from trunkline.protocols.validation import ParseLimits, decode, invalid, is_object, top_level

INPUTS_MAX = 10_000
"""Of one request, whatever its upstreams take at once."""
EncodingFormat = Literal["float", "base64"]
TokenIds: TypeAlias = tuple[Annotated[int, Meta(ge=0)], ...]

_input: msgspec.json.Decoder[str | list[Raw]] = msgspec.json.Decoder(str | list[Raw])
_texts = msgspec.json.Decoder(tuple[Annotated[str, Meta(min_length=1)], ...])
_ids = msgspec.json.Decoder(Annotated[TokenIds, Meta(min_length=1)])
_lists_of_ids = msgspec.json.Decoder(tuple[Annotated[TokenIds, Meta(min_length=1)], ...])
_dimensions = msgspec.json.Decoder(Annotated[int, Meta(ge=1)])
_format: msgspec.json.Decoder[EncodingFormat] = msgspec.json.Decoder(EncodingFormat)
_string = msgspec.json.Decoder(str)


class Content(Struct, frozen=True):
    """Texts and media that make one vector together."""

    parts: tuple[Part, ...]

    @property
    def text(self) -> str | None:
        """All of it where it is text alone, None otherwise."""
        texts = [part.text for part in self.parts if isinstance(part, Text)]
        return "\n".join(texts) if len(texts) == len(self.parts) else None


Input: TypeAlias = str | TokenIds | Content


class EmbeddingsRequest(PlainRequest, frozen=True, kw_only=True):
    """One vector is asked for each of `inputs`."""

    inputs: tuple[Input, ...]
    dimensions: int | None = None
    encoding_format: EncodingFormat = "float"
    input_type: str | None = None


def parse_embeddings(body: bytes, limits: ParseLimits) -> EmbeddingsRequest:
    """The request. Raises InvalidRequest for anything that is none."""
    members = top_level(body)
    head = plain_head(members, limits.models_max)
    if "input" not in members:
        raise invalid("input", "is missing. Send a text or a list of texts.")
    inputs = _inputs(members["input"])
    media = _media(inputs)
    raw_dimensions, raw_format, raw_type = (members.get(n) for n in ("dimensions", "encoding_format", "input_type"))
    return EmbeddingsRequest(
        models=head.models,
        provider=head.provider,
        user=head.user,
        session_id=head.session_id,
        metadata=head.metadata,
        prompt_tokens_estimate=sum(map(tokens_of, inputs)) + prompt_tokens_estimate(0, 0, 0, media),
        input_modalities=media.modalities if _has_text(inputs) else media.modalities - {"text"},
        num_images=media.images,
        num_audio=media.audio,
        num_media=media.total,
        inputs=inputs,
        dimensions=None if raw_dimensions is None else decode(_dimensions, raw_dimensions, "dimensions"),
        encoding_format="float" if raw_format is None else decode(_format, raw_format, "encoding_format"),
        input_type=None if raw_type is None else decode(_string, raw_type, "input_type"),
    )


def tokens_of(one: Input) -> int:
    """About how many tokens an input's texts have."""
    if isinstance(one, str):
        return estimated_tokens(len(one.encode("utf-8", "replace")))
    if isinstance(one, Content):
        return sum(tokens_of(part.text) for part in one.parts if isinstance(part, Text))
    return len(one)


def _inputs(raw: Raw) -> tuple[Input, ...]:
    """One text, texts, the token ids of one text or of several, or contents."""
    given = decode(_input, raw, "input")
    if not given:
        raise invalid("input", "is empty. Send at least one text that is not empty.")
    if isinstance(given, str):
        return (given,)
    inputs = _listed(given, raw)
    if len(inputs) > INPUTS_MAX:
        raise invalid("input", f"has {len(inputs)} members, more than {INPUTS_MAX}. Send several requests.")
    return inputs


def _listed(given: Sequence[Raw], raw: Raw) -> tuple[Input, ...]:
    first = given[0]
    if is_object(first):
        return tuple([Content(content_of(one, f"input[{index}]")) for index, one in enumerate(given)])
    start = bytes(memoryview(first)[:1])
    if start == b'"':
        return decode(_texts, raw, "input")
    if start == b"[":
        return decode(_lists_of_ids, raw, "input")
    return (decode(_ids, raw, "input"),)


def _has_text(inputs: Sequence[Input]) -> bool:
    return any(not isinstance(one, Content) or any(isinstance(part, Text) for part in one.parts) for one in inputs)


def _media(inputs: Sequence[Input]) -> MediaCount:
    parts = [part for one in inputs if isinstance(one, Content) for part in one.parts]
    return MediaCount(
        images=sum(isinstance(part, Image) for part in parts),
        files=sum(isinstance(part, File) for part in parts),
        audio=sum(isinstance(part, Audio) for part in parts),
        videos=sum(isinstance(part, Video) for part in parts),
    )
