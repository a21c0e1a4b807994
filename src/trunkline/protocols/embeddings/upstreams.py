"""Which upstream formats of embeddings are spoken."""

from collections.abc import Mapping

from trunkline.protocols.embeddings.codec import EmbeddingsCodec
from trunkline.protocols.embeddings.cohere import CohereEmbeddings
from trunkline.protocols.embeddings.gemini import GeminiEmbeddings, VertexEmbeddings
from trunkline.protocols.embeddings.openai import OpenAIEmbeddings

_OPENAI = OpenAIEmbeddings()
EMBEDDINGS: Mapping[str, EmbeddingsCodec] = {
    "openai-embeddings": _OPENAI,
    "azure-openai": _OPENAI,
    "voyage": _OPENAI,  # in a dialect
    "cohere-v2": CohereEmbeddings(),
    "google-gemini": GeminiEmbeddings(),
    "vertex-gemini": VertexEmbeddings(),
}
"""By the catalog's name, best first."""
