"""Which upstream formats of rerank are spoken."""

from collections.abc import Mapping

from trunkline.protocols.rerank.codec import RerankCodec

RERANK: Mapping[str, RerankCodec] = {
    "cohere-v2": RerankCodec("top_n", {}),
    "voyage": RerankCodec("top_k", {"truncation": False}),
}
"""By the catalog's name, best first."""
