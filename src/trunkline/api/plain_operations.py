"""What is no conversation (embeddings, rerank, audio), as `/openapi.json` describes it; served by `generation.py`."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from trunkline.api.operations import Operation
from trunkline.api.wire import Usd

_ERRORS = (400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504)


class _Vector(Struct, frozen=True, kw_only=True):
    """`embedding` is base64 of little-endian float32 where `encoding_format` asks for it."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingsUsage(Struct, frozen=True, kw_only=True):
    """Tokens as the provider counted them, and what the account was charged in USD."""

    prompt_tokens: int
    total_tokens: int
    cost: Usd
    is_byok: bool
    cost_details: dict[str, Raw]
    prompt_tokens_details: dict[str, int] | UnsetType = UNSET


class Embeddings(Struct, frozen=True, kw_only=True):
    """One vector for each input, in their order."""

    object: Literal["list"]
    id: str
    model: str
    provider: str
    data: list[_Vector]
    usage: EmbeddingsUsage


class EmbeddingsBody(Struct, frozen=True, kw_only=True):
    """Body of `POST /embeddings`."""

    model: str
    input: Annotated[str, Meta(min_length=1)] | list[Raw]
    dimensions: Annotated[int, Meta(ge=1)] | None = None
    encoding_format: Literal["float", "base64"] | None = None
    input_type: str | None = None
    user: str | None = None
    provider: dict[str, Raw] | None = None


class RankedDocument(Struct, frozen=True, kw_only=True):
    """The document at `index` of the request, as an object also where it was sent as a text."""

    index: int
    relevance_score: float
    document: dict[str, str]


class RerankUsage(Struct, frozen=True, kw_only=True):
    """What the provider counts in, and what the account was charged in USD."""

    cost: Usd
    search_units: int | UnsetType = UNSET
    total_tokens: int | UnsetType = UNSET


class Ranking(Struct, frozen=True, kw_only=True):
    """The documents, the best first."""

    id: str
    model: str
    provider: str
    results: list[RankedDocument]
    usage: RerankUsage


class RerankBody(Struct, frozen=True, kw_only=True):
    """Body of `POST /rerank`. A document is a text, or an object with `text`, `image` or both."""

    model: str
    query: Annotated[str, Meta(min_length=1)]
    documents: Annotated[list[str | dict[str, str]], Meta(min_length=1)]
    top_n: Annotated[int, Meta(ge=1)] | None = None
    provider: dict[str, Raw] | None = None


class SpeechBody(Struct, frozen=True, kw_only=True):
    """Body of `POST /audio/speech`."""

    model: str
    input: Annotated[str, Meta(min_length=1)]
    voice: Annotated[str, Meta(min_length=1)] | None = None
    response_format: Literal["pcm", "mp3"] | None = None
    speed: Annotated[float, Meta(ge=0.25, le=4)] | None = None
    instructions: str | None = None
    provider: dict[str, Raw] | None = None


class InputAudio(Struct, frozen=True, kw_only=True):
    """A recording in base64; `format` is its extension."""

    data: str
    format: str


class TranscriptionBody(Struct, frozen=True, kw_only=True):
    """Body of `POST /audio/transcriptions`. A form has a `file` in place of `input_audio`."""

    model: str
    input_audio: InputAudio
    language: str | None = None
    temperature: Annotated[float, Meta(ge=0, le=1)] | None = None
    response_format: Literal["json", "verbose_json"] | None = None
    timestamp_granularities: list[Literal["word", "segment"]] | None = None
    provider: dict[str, Raw] | None = None


class TranscriptionUsage(Struct, frozen=True, kw_only=True):
    """Seconds, tokens or both, as the provider counts, and what the account was charged in USD."""

    cost: Usd
    seconds: float | UnsetType = UNSET
    input_tokens: int | UnsetType = UNSET
    output_tokens: int | UnsetType = UNSET
    total_tokens: int | UnsetType = UNSET


class Transcription(Struct, frozen=True, kw_only=True):
    """The text; the rest comes with `verbose_json`."""

    text: str
    usage: TranscriptionUsage
    task: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    segments: list[dict[str, Raw]] | UnsetType = UNSET
    words: list[dict[str, Raw]] | UnsetType = UNSET


EMBEDDINGS = Operation(
    method="POST",
    path="/embeddings",
    id="createEmbeddings",
    summary="Create embeddings",
    tag="Embeddings",
    request=EmbeddingsBody,
    response=Embeddings,
    errors=_ERRORS,
)
RERANK = Operation(
    method="POST",
    path="/rerank",
    id="createRerank",
    summary="Rank documents by a query",
    tag="Rerank",
    request=RerankBody,
    response=Ranking,
    errors=_ERRORS,
)
SPEECH = Operation(
    method="POST",
    path="/audio/speech",
    id="createAudioSpeech",
    summary="Speak a text",
    tag="Audio",
    request=SpeechBody,
    response_media_type="audio/*",
    errors=_ERRORS,
)
TRANSCRIPTION = Operation(
    method="POST",
    path="/audio/transcriptions",
    id="createAudioTranscriptions",
    summary="Transcribe a recording",
    tag="Audio",
    request=TranscriptionBody,
    response=Transcription,
    errors=_ERRORS,
)
OPERATIONS = (EMBEDDINGS, RERANK, SPEECH, TRANSCRIPTION)
