import pytest

from trunkline.catalog.types import DataPolicy
from trunkline.web.formats import text


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (DataPolicy(retains_prompts=False, training=False, is_known=True), "Prompts are not kept"),
        (DataPolicy(retention_days=0, is_known=True), "Prompts are not kept"),
        (DataPolicy(retention_days=30, is_known=True), "Prompts are kept for 30 days"),
        (DataPolicy(is_known=True), "Prompts are kept for an unknown time"),
        (DataPolicy(), "Unknown retention policy: treated as keeping prompts and training on them"),
    ],
)
def test_retention_has_four_sentences(policy: DataPolicy, sentence: str) -> None:
    assert text.retention(policy) == sentence


def test_the_first_sentence_ends_at_a_full_stop_before_a_capital() -> None:
    assert text.first_sentence("GPT-5.4 is a model. It thinks.") == "GPT-5.4 is a model."
    long = text.first_sentence("word " * 100)
    assert long.endswith("…") and len(long) <= text.SENTENCE_CHARACTERS_MAX + 1
