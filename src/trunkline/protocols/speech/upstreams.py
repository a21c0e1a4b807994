"""Which upstream formats of speech are spoken."""

from collections.abc import Mapping

from trunkline.protocols.codec import Codec
from trunkline.protocols.speech.codec import DeepgramSpeech, OpenAISpeech
from trunkline.protocols.speech.request import SpeechRequest

SPEECH: Mapping[str, Codec[SpeechRequest]] = {
    "openai-audio": OpenAISpeech(),
    "deepgram": DeepgramSpeech(),
}
"""By the catalog's name, best first."""
