"""Sound on its way from an upstream to the client: passed on as it comes, all but its last byte, which waits for the
record (OP-42)."""

from typing import Final, NoReturn

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import Facts, UsageReport
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.faults.reading import fault_in_stray
from trunkline.protocols.speech.request import AudioFormat, SpeechRequest

SAMPLE_BYTES: Final = 2
"""Of PCM, 16 bits."""
FRAME_BYTES: Final = 24
"""The least that an MPEG frame can have."""
TOKENS_PER_S: Final = 21
"""Of sound, about, where a model is billed by token and nobody tells how many: $0.015 a minute of gpt-4o-mini-tts."""
_BYTES_PER_S: Final[dict[AudioFormat, int]] = {"pcm": 48_000, "mp3": 16_000}
"""24 kHz with 16 bits, and 128 kbit."""
_JSON_START: Final = b'{"'


class SpeechStream:
    """An `AnswerStream`. Billed in full from the first sample or frame on, not at all before (inference.md 13.4)."""

    __slots__ = ("_billed_from", "_held", "_received", "_request", "facts")

    def __init__(self, request: SpeechRequest) -> None:
        self.facts = Facts()
        self._request = request
        self._billed_from = SAMPLE_BYTES if request.response_format == "pcm" else FRAME_BYTES
        self._received = 0
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        self._received += len(data)
        whole = self._held + data
        if not self.facts.content_seen and (self._received <= self._billed_from or whole.startswith(_JSON_START)):
            self._held = whole  # no sound yet, or an error in place of it
            return b""
        self._begin()
        self._held = whole[-1:]
        return whole[:-1]

    def close(self) -> bytes:
        facts = self.facts
        if not facts.content_seen:
            facts.fault = (
                fault_in_stray(self._held) if self._held else UpstreamFault(status=200, message="No sound came")
            )
            return b""
        facts.finish_reason, facts.done = "stop", True
        seconds = self._received / _BYTES_PER_S[self._request.response_format]
        facts.usage = Usage(
            prompt_tokens=self._request.prompt_tokens_estimate,
            completion_tokens=round(seconds * TOKENS_PER_S),
            completion_audio_tokens=round(seconds * TOKENS_PER_S),
            estimated=True,
        )
        return b""

    def tail(self, report: UsageReport) -> bytes:
        return self._held

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> NoReturn:
        """There is no place for an error inside sound: it is raised, and the connection breaks off."""
        raise error

    def _begin(self) -> None:
        if not self.facts.content_seen:
            self.facts.content_seen = True
            self.facts.media_used = (self._request.characters,)
            self.facts.media_count = 1
