"""Which of a model's published scores are the three indices that lists filter and sort by."""

from collections.abc import Mapping

from trunkline.catalog.types import Model

_INDICES = {
    "Artificial Analysis Intelligence Index": "intelligence_index",
    "Artificial Analysis Coding Index": "coding_index",
    "Artificial Analysis Agentic Index": "agentic_index",
}


def indices(model: Model) -> Mapping[str, float]:
    """`coding_index` and the like, of those that the catalog has."""
    return {_INDICES[score.name]: score.score for score in model.benchmarks if score.name in _INDICES}
