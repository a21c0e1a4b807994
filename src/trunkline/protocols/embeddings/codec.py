"""What the upstream formats of embeddings have in common: batches, and the one answer that is made of them."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.codec import Codec, NoAnswer, Payload
from trunkline.protocols.embeddings.answer import EmbeddingsBody, Vector
from trunkline.protocols.embeddings.limits import limits_of
from trunkline.protocols.embeddings.request import Content, EmbeddingsRequest, Input, tokens_of
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.remote_media import MediaKey


class Embedded(Struct):
    """One upstream answer: vectors in the order of the inputs. `usage` None: the upstream counts nothing."""

    vectors: list[Vector]
    usage: Usage | None = None
    upstream_id: str | None = None


class Unreadable(Exception):
    """An upstream's answer holds no vectors."""

    def __init__(self, fault: UpstreamFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class EmbeddingsCodec(Codec[EmbeddingsRequest]):
    """One upstream format of embeddings."""

    __slots__ = ()

    @abstractmethod
    def path(self, request: EmbeddingsRequest, target: UpstreamTarget) -> str: ...

    @abstractmethod
    def encode(
        self, request: EmbeddingsRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]
    ) -> Payload: ...

    @abstractmethod
    def read(self, data: bytes, target: UpstreamTarget) -> Embedded:
        """One answer. Raises Unreadable, and nothing else, whatever the bytes."""

    def parts(self, request: EmbeddingsRequest, target: UpstreamTarget) -> tuple[EmbeddingsRequest, ...]:
        limits = limits_of(target)
        if limits.inputs is None and limits.tokens is None:
            return (request,)
        batches = list(_batches(request.inputs, limits.inputs, limits.tokens))
        return (request,) if len(batches) == 1 else tuple([replace(request, inputs=batch) for batch in batches])

    def open_body(
        self, bodies: Sequence[bytes], request: EmbeddingsRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        try:
            answers = [self.read(body, target) for body in bodies]
            vectors = [vector for answer in answers for vector in answer.vectors]
            if len(vectors) != len(request.inputs):
                raise no_vectors(f"The answer has {len(vectors)} vectors for {len(request.inputs)} inputs")
        except Unreadable as error:
            return NoAnswer(Facts(fault=error.fault))
        facts = Facts(content_seen=True, finish_reason="stop", done=True, upstream_id=answers[0].upstream_id)
        counted = [answer.usage for answer in answers if answer.usage is not None]
        if len(counted) == len(answers):
            facts.usage = _sum(counted)
        return EmbeddingsBody(facts, vectors, identity, request)


def no_vectors(message: str) -> Unreadable:
    """The failure of an answer that came with status 200 and is none."""
    return Unreadable(UpstreamFault(status=200, message=message))


def texts_only(request: EmbeddingsRequest) -> list[str]:
    """The inputs for a format that takes nothing but text. Raises InvalidRequest for anything else."""
    texts: list[str] = []
    for index, one in enumerate(request.inputs):
        text = one if isinstance(one, str) else one.text if isinstance(one, Content) else None
        if text is None:
            what = "holds media" if isinstance(one, Content) else "is a list of token ids"
            raise InvalidRequest(
                f"`input[{index}]` {what}, and this provider takes texts alone. Send texts, or name another provider "
                "in `provider.only`.",
                field=f"input[{index}]",
            )
        texts.append(text)
    return texts


def _batches(inputs: Sequence[Input], inputs_max: int | None, tokens_max: int | None) -> Iterator[tuple[Input, ...]]:
    """The inputs in order, in pieces within the limits; an input above the limit alone is the upstream's to refuse."""
    batch: list[Input] = []
    tokens = 0
    for one in inputs:
        more = tokens_of(one)
        is_full = len(batch) == inputs_max or (tokens_max is not None and tokens + more > tokens_max)
        if batch and is_full:
            yield tuple(batch)
            batch, tokens = [], 0
        batch.append(one)
        tokens += more
    yield tuple(batch)


def _sum(counted: Sequence[Usage]) -> Usage:
    if len(counted) == 1:
        return counted[0]
    return Usage(
        prompt_tokens=sum(usage.prompt_tokens for usage in counted),
        prompt_image_tokens=sum(usage.prompt_image_tokens for usage in counted),
        prompt_audio_tokens=sum(usage.prompt_audio_tokens for usage in counted),
        prompt_video_tokens=sum(usage.prompt_video_tokens for usage in counted),
        prompt_file_tokens=sum(usage.prompt_file_tokens for usage in counted),
        cached_tokens=sum(usage.cached_tokens for usage in counted),
    )
