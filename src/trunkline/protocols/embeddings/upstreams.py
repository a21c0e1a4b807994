"""Which upstream formats of embeddings are spoken."""

from collections.abc import Mapping

from trunkline.protocols.embeddings.openai import OpenAIEmbeddings

_OPENAI = OpenAIEmbeddings()
EMBEDDINGS: Mapping[str, OpenAIEmbeddings] = {
    "openai-embeddings": _OPENAI,
    "azure-openai": _OPENAI,
}
"""By the catalog's name, best first."""
