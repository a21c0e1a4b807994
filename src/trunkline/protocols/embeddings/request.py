"""The body of POST /embeddings (inference.md 20)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.plain_request import PlainRequest, plain_head
from trunkline.protocols.validation import ParseLimits, decode, invalid, top_level

EncodingFormat = Literal["float", "base64"]
Texts = tuple[Annotated[str, Meta(min_length=1)], ...]
TokenIds = tuple[tuple[Annotated[int, Meta(ge=0)], ...], ...]

_input: msgspec.json.Decoder[str | list[Raw]] = msgspec.json.Decoder(str | list[Raw])
_texts = msgspec.json.Decoder(Texts)
_ids = msgspec.json.Decoder(tuple[Annotated[int, Meta(ge=0)], ...])
_lists_of_ids = msgspec.json.Decoder(TokenIds)
_dimensions = msgspec.json.Decoder(Annotated[int, Meta(ge=1)])
_format: msgspec.json.Decoder[EncodingFormat] = msgspec.json.Decoder(EncodingFormat)
_string = msgspec.json.Decoder(str)


class EmbeddingsRequest(PlainRequest, frozen=True, kw_only=True):
    """Either `texts` or `token_ids` is filled: one vector for each member."""

    texts: Texts = ()
    token_ids: TokenIds = ()
    dimensions: int | None = None
    encoding_format: EncodingFormat = "float"
    input_type: str | None = None

    @property
    def inputs(self) -> int:
        """How many vectors are asked for."""
        return len(self.texts) + len(self.token_ids)


def parse_embeddings(body: bytes, limits: ParseLimits) -> EmbeddingsRequest:
    """The request. Raises InvalidRequest for anything that is none."""
    members = top_level(body)
    head = plain_head(members, limits.models_max)
    if "input" not in members:
        raise invalid("input", "is missing. Send a text or a list of texts.")
    texts, token_ids = _inputs(members["input"])
    raw_dimensions, raw_format, raw_type = (members.get(n) for n in ("dimensions", "encoding_format", "input_type"))
    return EmbeddingsRequest(
        models=head.models,
        provider=head.provider,
        user=head.user,
        session_id=head.session_id,
        metadata=head.metadata,
        prompt_tokens_estimate=sum(estimated_tokens(len(text.encode())) for text in texts) + sum(map(len, token_ids)),
        texts=texts,
        token_ids=token_ids,
        dimensions=None if raw_dimensions is None else decode(_dimensions, raw_dimensions, "dimensions"),
        encoding_format="float" if raw_format is None else decode(_format, raw_format, "encoding_format"),
        input_type=None if raw_type is None else decode(_string, raw_type, "input_type"),
    )


def _inputs(raw: Raw) -> tuple[Texts, TokenIds]:
    """One text, texts, the token ids of one text, or of several."""
    given = decode(_input, raw, "input")
    if not given:
        raise invalid("input", "is empty. Send at least one text that is not empty.")
    if isinstance(given, str):
        return (given,), ()
    first = bytes(memoryview(given[0])[:1])
    if first == b'"':
        return decode(_texts, raw, "input"), ()
    if first == b"[":
        return (), decode(_lists_of_ids, raw, "input")
    return (), (decode(_ids, raw, "input"),)
