"""Which upstream formats of transcription are spoken."""

from collections.abc import Mapping

from trunkline.protocols.transcription.codec import TranscriptionCodec
from trunkline.protocols.transcription.dashscope import DashScopeTranscription
from trunkline.protocols.transcription.deepgram import DeepgramTranscription
from trunkline.protocols.transcription.google import GoogleTranscription
from trunkline.protocols.transcription.openai import OpenAITranscription

TRANSCRIPTION: Mapping[str, TranscriptionCodec] = {
    "openai-audio": OpenAITranscription(),
    "deepgram": DeepgramTranscription(),
    "dashscope-transcription": DashScopeTranscription(),
    "google-speech": GoogleTranscription(),
}
"""By the catalog's name, best first."""
