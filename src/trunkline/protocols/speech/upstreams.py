"""Which upstream formats of speech are spoken."""

from collections.abc import Mapping

from trunkline.protocols.gemini import hosts
from trunkline.protocols.speech.codec import SpeechCodec
from trunkline.protocols.speech.dashscope import DashScopeSpeech
from trunkline.protocols.speech.gemini import GeminiSpeech
from trunkline.protocols.speech.minimax import MiniMaxSpeech
from trunkline.protocols.speech.mistral import MistralSpeech
from trunkline.protocols.speech.plain import DeepgramSpeech, OpenAISpeech, XaiSpeech

SPEECH: Mapping[str, SpeechCodec] = {
    "openai-audio": OpenAISpeech(),
    "deepgram": DeepgramSpeech(),
    "xai-speech": XaiSpeech(),
    "minimax-speech": MiniMaxSpeech(),
    "mistral-speech": MistralSpeech(),
    "dashscope-speech": DashScopeSpeech(),
    "google-gemini": GeminiSpeech(),
    "vertex-gemini": GeminiSpeech(hosts.VERTEX),
}
"""By the catalog's name, best first."""
