"""What the upstream formats of speech have in common."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final

from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, UpstreamTarget
from trunkline.protocols.codec import Codec, Payload
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.speech.readers import PlainSound, SoundReader
from trunkline.protocols.speech.request import SpeechRequest
from trunkline.protocols.speech.stream import SpeechStream

PCM_RATE: Final = 24_000
"""Samples a second of every `pcm` (inference.md 23)."""
MP3_BITS_PER_S: Final = 128_000


class SpeechCodec(Codec[SpeechRequest]):
    """One upstream format of speech."""

    __slots__ = ()

    @abstractmethod
    def path(self, request: SpeechRequest, target: UpstreamTarget) -> str: ...

    @abstractmethod
    def encode(self, request: SpeechRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload: ...

    def reader(self, request: SpeechRequest) -> SoundReader:
        """Finds the sound in an answer."""
        return PlainSound()

    def open_stream(self, request: SpeechRequest) -> AnswerStream:
        """A fresh relay."""
        return SpeechStream(request, self.reader(request))

    def open_body(
        self, bodies: Sequence[bytes], request: SpeechRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        raise AssertionError("speech is passed on as it comes")
