"""Which upstream formats of images are spoken."""

from collections.abc import Mapping

from trunkline.protocols.chat.protocol import ChatProtocol
from trunkline.protocols.gemini import hosts
from trunkline.protocols.gemini.protocol import GeminiProtocol
from trunkline.protocols.images.bfl import BlackForestLabsImages
from trunkline.protocols.images.codec import ImagesCodec
from trunkline.protocols.images.conversation import ConversationImages
from trunkline.protocols.images.dashscope import DashScopeImages
from trunkline.protocols.images.openai import OpenAIImages
from trunkline.protocols.images.xai import XaiImages

IMAGES: Mapping[str, ImagesCodec] = {
    "openai-images": OpenAIImages(),
    "xai-images": XaiImages(),
    "google-gemini": ConversationImages(GeminiProtocol()),
    "vertex-gemini": ConversationImages(GeminiProtocol(hosts.VERTEX)),
    "dashscope-images": DashScopeImages(),
    "bfl-images": BlackForestLabsImages(),
    "openai-chat": ConversationImages(ChatProtocol()),
}
"""By the catalog's name, best first."""
