"""Thinking by family, output forms, images (inference.md 7.2, 9.1, 11.1)."""

from typing import Any

import pytest

from tests.unit.protocols.gemini.requests import NEWEST, encode, target
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.gemini.families import family_of

FLASH, PRO, LITE = "gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"
SHOWN = {"includeThoughts": True}


def config(chat: dict[str, Any], model: str = NEWEST, **members: Any) -> dict[str, Any]:
    return encode(chat, target(model, **members)).get("generationConfig", {})


def thinking(reasoning: Any, model: str = NEWEST, max_tokens: int | None = None, **members: Any) -> dict[str, Any]:
    chat = {"reasoning": reasoning} | ({} if max_tokens is None else {"max_tokens": max_tokens})
    return config(chat, model, **members).get("thinkingConfig", {})


@pytest.mark.parametrize(
    ("model", "max_tokens", "reasoning", "sent"),
    [
        (FLASH, 10_000, {"effort": "high"}, {"thinkingBudget": 8000, **SHOWN}),
        (FLASH, 10_000, {"effort": "minimal"}, {"thinkingBudget": 1000, **SHOWN}),
        (FLASH, 10_000, {"enabled": True}, {"thinkingBudget": 5000, **SHOWN}),
        (FLASH, None, {"effort": "xhigh"}, {"thinkingBudget": 24_576, **SHOWN}),
        (FLASH, None, {"max_tokens": 2000, "effort": "low"}, {"thinkingBudget": 2000, **SHOWN}),
        (FLASH, None, {"max_tokens": 2000, "exclude": True}, {"thinkingBudget": 2000}),
        (FLASH, None, {"enabled": False}, {"thinkingBudget": 0}),
        (FLASH, None, {"effort": "none"}, {"thinkingBudget": 0}),
        (PRO, None, {"enabled": False}, {"thinkingBudget": 128}),
        (PRO, 1000, {"effort": "minimal"}, {"thinkingBudget": 128, **SHOWN}),
        (PRO, 100, {"effort": "high"}, SHOWN),
        (LITE, 1000, {"effort": "minimal"}, {"thinkingBudget": 512, **SHOWN}),
        (NEWEST, None, {"effort": "minimal"}, {"thinkingLevel": "minimal", **SHOWN}),
        (NEWEST, None, {"effort": "xhigh"}, {"thinkingLevel": "high", **SHOWN}),
        (NEWEST, None, {"effort": "max"}, {"thinkingLevel": "high", **SHOWN}),
        (NEWEST, None, {"enabled": True}, {"thinkingLevel": "medium", **SHOWN}),
        (NEWEST, None, {"enabled": False}, {"thinkingLevel": "minimal"}),
        (NEWEST, None, {"max_tokens": 3000}, {"thinkingBudget": 3000, **SHOWN}),
        (NEWEST, None, {"max_tokens": 3000, "effort": "low"}, {"thinkingLevel": "low", **SHOWN}),
        ("gemini-3-pro-preview", None, {"effort": "medium"}, {"thinkingLevel": "high", **SHOWN}),
        ("gemini-3-pro-preview", None, {"effort": "minimal"}, {"thinkingLevel": "low", **SHOWN}),
        (NEWEST, None, {}, SHOWN),
        (NEWEST, None, {"exclude": True}, {}),
        ("gemini-2.0-flash", None, {"effort": "high"}, {}),
        ("gemma-3-27b-it", None, {"effort": "high"}, {}),
    ],
)
def test_thinking_is_asked_for_in_the_way_of_the_family(
    model: str, max_tokens: int | None, reasoning: Any, sent: dict[str, Any]
) -> None:
    assert thinking(reasoning, model, max_tokens) == sent


def test_levels_are_those_that_the_catalog_knows() -> None:
    got = thinking({"effort": "medium"}, reasoning_efforts=("high", "minimal"))
    assert got["thinkingLevel"] == "high"


def test_budget_is_a_share_of_the_endpoints_longest_answer_without_a_cap() -> None:
    assert thinking({"effort": "low"}, FLASH, max_output_tokens=10_000)["thinkingBudget"] == 2000


def test_off_is_refused_where_the_model_always_thinks() -> None:
    with pytest.raises(InvalidRequest):
        thinking({"enabled": False}, PRO, reasoning_mandatory=True)


def test_endpoint_without_reasoning_is_not_asked() -> None:
    assert thinking({"effort": "low"}, supported_parameters=frozenset({"max_tokens"})) == {}


def test_output_cap_is_the_lower_of_the_callers_and_what_is_affordable() -> None:
    assert config({"max_tokens": 500}, max_tokens_override=200)["maxOutputTokens"] == 200


def test_seed_beyond_32_bits_is_cut_to_fit() -> None:
    assert config({"seed": 2**40 + 5})["seed"] == 5
    assert config({"seed": -3})["seed"] == -3


def test_choices_are_candidates_where_the_endpoint_is_known_for_them() -> None:
    assert config({"n": 2})["candidateCount"] == 2
    assert config({"n": 1}) == {}
    known = frozenset({"max_tokens"})
    assert config({"n": 2}, supported_parameters=known) == {}
    assert config({"n": 2}, supported_parameters=known, quirks=frozenset({"multiple_choices"})) == {"candidateCount": 2}


def test_schema_falls_back_to_json_mode_and_that_to_free_text() -> None:
    schema = {"type": "object"}
    chat = {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}
    json_mode = {"responseMimeType": "application/json"}
    assert config(chat) == {**json_mode, "responseJsonSchema": schema}
    assert config(chat, supported_parameters=frozenset({"response_format"})) == json_mode
    assert config(chat, supported_parameters=frozenset({"max_tokens"})) == {}
    assert config({"response_format": {"type": "json_object"}}) == json_mode


def test_images_are_asked_for_in_googles_words_and_only_of_painters() -> None:
    chat = {
        "modalities": ["image", "text"],
        "image_config": {"aspect_ratio": "16:9", "image_size": "2K", "quality": "high", "size": "1024x1024"},
    }
    assert config(chat, "gemini-3-pro-image") == {
        "responseModalities": ["IMAGE", "TEXT"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
    }
    assert "imageConfig" not in config(chat)


@pytest.mark.parametrize(
    ("model", "prefix"),
    [
        ("gemini-2.5-flash-lite-preview-09-2025", "gemini-2.5-flash-lite"),
        ("models/gemini-2.5-flash-image", "gemini-2.5-flash-image"),
        ("gemini-4-argon", ""),
        ("gemini-flash-latest", ""),
        ("gemma-4-31b-it", "gemma-4"),
    ],
)
def test_families_are_found_by_the_longest_prefix(model: str, prefix: str) -> None:
    assert family_of(model).prefix == prefix
