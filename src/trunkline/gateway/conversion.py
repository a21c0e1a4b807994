"""Which pairs of formats exist, and by which path an answer travels.

The one place of the gateway that knows concrete protocols. Equal formats on both ends take the native path, an edit
that keeps every unknown member; all others, and everything when `routing.path = "hub"`, go through the hub
(architecture, "The three ways"). Today: chat and completions clients, openai-chat upstreams.
"""

from typing import Literal

from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Path, UpstreamTarget
from trunkline.protocols.chat import answers, native_request, upstream
from trunkline.protocols.chat.request import ChatRequest, to_hub
from trunkline.routing.types import Candidate

PROTOCOLS: frozenset[str] = frozenset({"openai-chat", "mistral"})
"""Upstream protocols that are spoken; endpoints with none of them are not callable."""


class Conversion:
    """One client request on its way to one endpoint and back."""

    __slots__ = ("_options", "path", "request", "target")

    def __init__(
        self, request: ChatRequest, target: UpstreamTarget, path_policy: Literal["auto", "hub"], docs_url: str
    ) -> None:
        self.request = request
        self.target = target
        self.path: Path = "hub" if path_policy == "hub" else "native"
        self._options = answers.AnswerOptions(
            exclude_reasoning=request.reasoning is not None and request.reasoning.exclude,
            text_completion=request.text_completion,
            quirks=target.quirks,
            docs_base=docs_url,
        )

    def encode(self) -> bytes:
        """The upstream's request body."""
        if self.path == "native":
            return native_request.edit_request(self.request, self.target)
        return upstream.encode_upstream(to_hub(self.request), self.target)

    def open_stream(self, identity: AnswerIdentity) -> AnswerStream:
        """A fresh relay for one upstream stream."""
        return answers.open_stream(self.path, identity, self._options)

    def open_body(self, data: bytes, identity: AnswerIdentity) -> AnswerBody:
        """A whole upstream answer, read."""
        return answers.open_body(self.path, data, identity, self._options)


def target_of(candidate: Candidate, *, user_hash: str | None, max_tokens_override: int | None) -> UpstreamTarget:
    """What the encoders must know of an endpoint and its model."""
    endpoint, reasoning = candidate.endpoint, candidate.model.reasoning
    return UpstreamTarget(
        provider=endpoint.provider,
        upstream_model=endpoint.upstream_model,
        supported_parameters=endpoint.supported_parameters,
        quirks=endpoint.quirks,
        passthrough=endpoint.passthrough,
        max_output_tokens=endpoint.max_output_tokens,
        max_tokens_override=max_tokens_override,
        user_hash=user_hash,
        reasoning_efforts=reasoning.supported_efforts if reasoning is not None else None,
        reasoning_mandatory=reasoning is not None and reasoning.mandatory,
    )
