"""What texts are embedded for: `input_type` in every provider's words (inference.md 20).

Callers spell it in several ways. A word that none of them is goes as it came, for providers with words of their own.
"""

from collections.abc import Mapping
from typing import Final, Literal

Purpose = Literal["query", "document", "classification", "clustering", "similarity"]

_SPELLINGS: Final[Mapping[str, Purpose]] = {
    "query": "query",
    "search_query": "query",
    "retrieval_query": "query",
    "document": "document",
    "passage": "document",
    "search_document": "document",
    "retrieval_document": "document",
    "classification": "classification",
    "clustering": "clustering",
    "similarity": "similarity",
    "semantic_similarity": "similarity",
}

Words = Mapping[Purpose, str]
"""A provider's words for the purposes that it knows."""


def word_for(input_type: str, words: Words) -> str:
    """The provider's word for a purpose, or the caller's own."""
    purpose = _SPELLINGS.get(input_type.lower())
    return input_type if purpose is None else words.get(purpose, input_type)
