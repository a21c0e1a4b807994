"""The documented top-level members of a request, in one typed decode without the big ones beside them.

Formats build theirs on what all of them have (`CommonHead`), and on the parameters that chat and Responses share
(`SamplingHead`). `null` equals absent for every member (inference.md 2.1 rule 4), so optional means `| None`.
"""

from collections.abc import Mapping
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.reasoning.wire import WireReasoning
from trunkline.protocols.requests import Sampling
from trunkline.protocols.validation import decode
from trunkline.protocols.wire_types import (
    INT64_MAX,
    CacheControl,
    Count,
    Debug,
    Metadata,
    ModelSlug,
    Penalty,
    PluginRequest,
    PromptCacheOptions,
    ServiceTier,
    SessionId,
    UpToOne,
    UpToTwo,
)

T = TypeVar("T", bound=Struct)


class CommonHead(Struct, frozen=True, kw_only=True):
    """What a conversation's request has in every format."""

    model: ModelSlug | None = None
    models: list[ModelSlug] | None = None
    preset: str | None = None
    stream: bool | None = None
    temperature: UpToTwo | None = None
    top_p: UpToOne | None = None
    top_k: Annotated[int, Meta(ge=0, le=INT64_MAX)] | None = None
    plugins: list[PluginRequest] | None = None
    provider: dict[str, Raw] | None = None
    route: str | None = None
    cache_control: CacheControl | None = None
    session_id: SessionId | None = None
    trace: dict[str, Raw] | None = None


class SamplingHead(CommonHead, frozen=True, kw_only=True):
    """What chat has, and Responses beside its own members."""

    min_p: UpToOne | None = None
    top_a: UpToOne | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    repetition_penalty: UpToTwo | None = None
    seed: Annotated[int, Meta(ge=-INT64_MAX - 1, le=INT64_MAX)] | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    logit_bias: dict[str, Annotated[float, Meta(ge=-100, le=100)]] | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: Count | None = None
    reasoning: WireReasoning | None = None
    modalities: list[Literal["text", "image", "audio"]] | None = None
    image_config: dict[str, Raw] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: PromptCacheOptions | None = None
    user: str | None = None
    safety_identifier: str | None = None
    metadata: Metadata | None = None
    service_tier: ServiceTier | None = None
    debug: Debug | None = None

    def sampling(self, *, max_tokens: int | None, logit_bias: Raw, logprobs: bool | None, n: int | None) -> Sampling:
        """Length and sampling, as asked; what formats say in ways of their own is given."""
        stop = self.stop
        return Sampling(
            max_tokens=max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            top_a=self.top_a,
            frequency_penalty=self.frequency_penalty,
            presence_penalty=self.presence_penalty,
            repetition_penalty=self.repetition_penalty,
            seed=self.seed,
            stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
            logit_bias=logit_bias,
            logprobs=logprobs,
            top_logprobs=self.top_logprobs if logprobs else None,
            n=n,
        )


class HeadReader(Generic[T]):
    """Reads a struct of members; `keys` has each member's name with its key, quotes and colon, ready to be joined."""

    __slots__ = ("_decoder", "keys")

    def __init__(self, type_: type[T]) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(type_)
        self.keys: Mapping[str, bytes] = {
            field.encode_name: f'"{field.encode_name}":'.encode() for field in msgspec.structs.fields(type_)
        }

    def read(self, members: Mapping[str, Raw]) -> T:
        """Those of `members` that the struct has. Raises InvalidRequest."""
        documented: list[bytes | Raw] = []
        for name, raw in members.items():
            key = self.keys.get(name)
            if key is not None:
                documented += (b",", key, raw)
        return decode(self._decoder, b"{" + b"".join(documented[1:]) + b"}")
