"""Sound on its way from an upstream to the client: passed on as it comes, all but its last byte, which waits for the
record (OP-42)."""

from typing import Final, NoReturn

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import Facts, UsageReport
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.speech.readers import SoundReader
from trunkline.protocols.speech.request import AudioFormat, SpeechRequest

SAMPLE_BYTES: Final = 2
"""Of PCM, 16 bits."""
FRAME_BYTES: Final = 24
"""The least that an MPEG frame can have."""
TOKENS_PER_S: Final = 21
"""Of sound, about, where a model is billed by token and nobody tells how many: $0.015 a minute of gpt-4o-mini-tts."""
_BYTES_PER_S: Final[dict[AudioFormat, int]] = {"pcm": 48_000, "mp3": 16_000}
"""24 kHz with 16 bits, and 128 kbit."""
_SILENT: Final = UpstreamFault(status=200, message="No sound came")


class SpeechStream:
    """An `AnswerStream`. Billed in full from the first sample or frame on, not at all before (inference.md 13.4)."""

    __slots__ = ("_billed_from", "_held", "_reader", "_received", "_request", "facts")

    def __init__(self, request: SpeechRequest, reader: SoundReader) -> None:
        self.facts = Facts()
        self._request = request
        self._reader = reader
        self._billed_from = SAMPLE_BYTES if request.response_format == "pcm" else FRAME_BYTES
        self._received = 0
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        sound = self._take(self._reader.feed(data))
        if self._reader.fault is not None:
            self._end(self._reader.fault)
        return sound

    def close(self) -> bytes:
        sound = self._take(self._reader.close())
        self._end(self._reader.fault)
        return sound

    def tail(self, report: UsageReport) -> bytes:
        return self._held

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> NoReturn:
        """There is no place for an error inside sound: it is raised, and the connection breaks off."""
        raise error

    def _take(self, sound: bytes) -> bytes:
        """What may be passed on now."""
        if not sound:
            return b""
        self._received += len(sound)
        whole = self._held + sound
        if self._received <= self._billed_from:
            self._held = whole  # no sound that could be heard
            return b""
        if not self.facts.content_seen:
            self.facts.content_seen = True
            self.facts.media_used = (self._request.characters,)
            self.facts.media_count = 1
        self._held = whole[-1:]
        return whole[:-1]

    def _end(self, fault: UpstreamFault | None) -> None:
        """What was heard is counted, however it ended."""
        facts = self.facts
        if facts.content_seen:
            facts.usage = self._reader.usage or self._estimate()
            if fault is None:
                facts.finish_reason, facts.done = "stop", True
        facts.fault = fault if facts.content_seen or fault is not None else _SILENT

    def _estimate(self) -> Usage:
        tokens = max(1, round(self._received / _BYTES_PER_S[self._request.response_format] * TOKENS_PER_S))
        return Usage(
            prompt_tokens=self._request.prompt_tokens_estimate,
            completion_tokens=tokens,
            completion_audio_tokens=tokens,
            estimated=True,
        )
