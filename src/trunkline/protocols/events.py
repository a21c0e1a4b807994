"""The hub, answering side: what a model may say, as events. A whole body is a list of them.

Parts open, grow and close: `PartStarted(index, kind)` … `PartEnded(index)`. `index` is the part's ordinal in the
answer of its `choice`, over all kinds. A decoder emits no event after `Finished` of the last choice and the
`Completed` that ends the answer, and no event at all after `Failed`.
"""

from typing import Literal, TypeAlias

from msgspec import Raw, Struct

FinishReason = Literal["tool_calls", "stop", "length", "content_filter", "error"]
PartKind = Literal["text", "refusal", "reasoning", "tool_call", "image", "audio"]
ReasoningType = Literal["reasoning.text", "reasoning.summary", "reasoning.encrypted", "reasoning.server_tool_call"]


class Usage(Struct, frozen=True, kw_only=True):
    """Token counts by the classes that prices differ on, as the upstream counted them.

    `prompt_tokens` and `completion_tokens` are totals; the others are subsets of them (inference.md 13.1), so the
    subtraction that some dialects need has happened in the decoder, once. `raw` is the upstream's own object.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    """The part of `cache_write_tokens` with a one-hour lifetime."""
    prompt_audio_tokens: int = 0
    prompt_image_tokens: int = 0
    prompt_video_tokens: int = 0
    prompt_file_tokens: int = 0
    cached_audio_tokens: int = 0
    reasoning_tokens: int = 0
    completion_image_tokens: int = 0
    completion_audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0
    web_searches: int = 0
    estimated: bool = False
    """The upstream reported nothing; these counts are ours (accounts-and-governance.md USE-04)."""
    raw: Raw = Raw(b"")


class Started(Struct, frozen=True):
    """The upstream began to answer. `upstream_id` and `system_fingerprint` are its own words, None if unsaid."""

    upstream_id: str | None = None
    system_fingerprint: str | None = None


class PartStarted(Struct, frozen=True):
    """A part opens. Tool calls carry `tool_call_id` and `name`."""

    index: int
    kind: PartKind
    choice: int = 0
    tool_call_id: str = ""
    name: str = ""


class TextDelta(Struct, frozen=True):
    """More text of a `text` or `refusal` part. `logprobs` is the choice's logprobs object, as sent."""

    index: int
    text: str
    choice: int = 0
    logprobs: Raw = Raw(b"")


class ReasoningDelta(Struct, frozen=True):
    """More reasoning. `text` is the fragment for display; an opaque fragment has `data` or `signature` instead.

    `format` names whose reasoning it is (`anthropic-claude-v1`, `unknown`, …: inference.md 7.3); `detail_index` is
    the `index` of the reasoning detail. `detail` is the upstream's own reasoning_details member where it sent one.
    """

    index: int
    text: str = ""
    type: ReasoningType = "reasoning.text"
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    format: str | None = "unknown"
    detail_index: int = 0
    choice: int = 0
    detail: Raw = Raw(b"")


class ToolCallDelta(Struct, frozen=True):
    """More of a call's JSON arguments."""

    index: int
    arguments: str
    choice: int = 0


class MediaDelta(Struct, frozen=True):
    """A whole image (as chat's image object) or a fragment of audio (as chat's audio object), as JSON."""

    index: int
    kind: Literal["image", "audio"]
    payload: Raw
    choice: int = 0


class Annotated(Struct, frozen=True):
    """A citation or parsed file, as chat's annotation object."""

    annotation: Raw
    choice: int = 0


class PartEnded(Struct, frozen=True):
    """A part is complete."""

    index: int
    choice: int = 0


class Extra(Struct, frozen=True):
    """A member that the hub has no word for: kept, not understood. `path` is its place in the upstream's format."""

    path: str
    value: Raw
    choice: int = 0


class Finished(Struct, frozen=True):
    """One choice ended. `reason` is ours, `native_reason` the provider's word for it (None if it gave none)."""

    reason: FinishReason
    native_reason: str | None
    choice: int = 0


class Completed(Struct, frozen=True):
    """The whole answer ended in order. `usage` is None when the upstream reported none."""

    usage: Usage | None
    service_tier: str | None = None


class UpstreamFault(Struct, frozen=True, kw_only=True):
    """What an upstream said or did instead of answering; classified in `protocols/<p>/errors.py`, once.

    `status` is its HTTP status (0: no HTTP answer), `code` its own error code, `message` its own message, `raw` its
    body as text: these are material, and go to a caller only through redaction (inference.md 5.2).
    """

    status: int
    message: str
    code: str | None = None
    raw: str = ""
    retry_after_s: float | None = None
    truncated: bool = False
    """The answer broke off: the connection ended before the protocol's own end."""


class Failed(Struct, frozen=True):
    """The answer cannot be completed. Nothing follows."""

    fault: UpstreamFault


GenerationEvent: TypeAlias = (
    Started
    | PartStarted
    | TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | MediaDelta
    | Annotated
    | PartEnded
    | Extra
    | Finished
    | Completed
    | Failed
)
