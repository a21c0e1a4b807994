"""A transcript as clients read it (inference.md 24)."""

from collections.abc import Mapping

from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.core import json
from trunkline.core.money import usd_number
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.lenient_json import quoted


class Word(Struct, frozen=True):
    word: str
    start: float
    end: float
    speaker: int | str | UnsetType = UNSET


class Segment(Struct, frozen=True, kw_only=True):
    """`id` is its place. What an upstream does not tell is left out."""

    id: int = 0
    start: float
    end: float
    text: str
    seek: int | UnsetType = UNSET
    tokens: list[int] | UnsetType = UNSET
    temperature: float | UnsetType = UNSET
    avg_logprob: float | UnsetType = UNSET
    compression_ratio: float | UnsetType = UNSET
    no_speech_prob: float | UnsetType = UNSET
    speaker: int | str | UnsetType = UNSET


class Transcript(Struct, kw_only=True):
    """What one upstream answer says. None: it does not."""

    text: str
    language: str | None = None
    duration_s: float | None = None
    segments: list[Segment] | None = None
    words: list[Word] | None = None
    usage: Raw = Raw(b"")
    upstream_id: str | None = None


class TranscriptBody:
    """An `AnswerBody`."""

    def __init__(
        self, facts: Facts, transcript: Transcript, seconds: float | None, identity: AnswerIdentity, *, is_verbose: bool
    ) -> None:
        self.facts = facts
        self._transcript = transcript
        self._seconds = seconds
        self._identity = identity
        self._is_verbose = is_verbose

    def render(self, report: UsageReport) -> bytes:
        pieces = [b'{"text":' + quoted(self._transcript.text)]
        if self._is_verbose:
            pieces += [b"," + quoted(name) + b":" + json.encode(value) for name, value in self._details().items()]
        pieces.append(
            b',"usage":{' + self._counts(report) + b'"cost":' + usd_number(report.charge.total_nanousd) + b"}"
        )
        if report.metadata:
            pieces.append(b',"openrouter_metadata":' + bytes(report.metadata))
        return b"".join(pieces) + b"}"

    def _details(self) -> Mapping[str, object]:
        """Of verbose_json, what was told."""
        said = self._transcript
        details: dict[str, object] = {"task": "transcribe"}
        if said.language is not None:
            details["language"] = said.language
        if said.duration_s is not None:
            details["duration"] = said.duration_s
        if said.segments is not None:
            details["segments"] = said.segments
        if said.words is not None:
            details["words"] = said.words
        return details

    def _counts(self, report: UsageReport) -> bytes:
        """Seconds, tokens or both, as the provider counts."""
        usage = report.usage
        counts: dict[str, float] = {}
        if self._seconds is not None:
            counts["seconds"] = self._seconds
        if (usage.prompt_tokens or usage.completion_tokens) and not usage.estimated:
            counts["input_tokens"] = usage.prompt_tokens
            counts["output_tokens"] = usage.completion_tokens
            counts["total_tokens"] = usage.prompt_tokens + usage.completion_tokens
        return json.encode(counts)[1:-1] + b"," if counts else b""
