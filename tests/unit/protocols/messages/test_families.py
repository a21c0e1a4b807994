"""Which generation an upstream's model belongs to."""

import pytest

from trunkline.protocols.messages.families import COMPATIBLE, family_of


@pytest.mark.parametrize(
    ("names", "thinking"),
    [
        (("claude-3-5-haiku-20241022", "claude-3-opus-20240229", "claude-2.1", "claude-instant-1.2"), "none"),
        (("claude-3-7-sonnet@20250219", "claude-sonnet-4-20250514", "claude-sonnet-4-0", "claude-opus-4-1"), "budget"),
        (("claude-haiku-4-5", "claude-opus-4-5@20251101", "anthropic.claude-sonnet-4-5-20250929-v1:0"), "budget"),
        (("claude-opus-4-6", "anthropic/claude-sonnet-4.6"), "adaptive_or_budget"),
        (("claude-opus-4-7", "claude-opus-4-8", "claude-sonnet-5", "claude-fable-5-1@default"), "adaptive"),
    ],
)
def test_every_spelling_of_a_name_tells_how_the_model_thinks(names: tuple[str, ...], thinking: str) -> None:
    assert {family_of(name).thinking for name in names} == {thinking}


def test_a_date_is_no_version() -> None:
    assert not family_of("claude-opus-4-20250514").native_schema
    assert family_of("claude-opus-4-1-20250805").native_schema


def test_efforts_grow_with_the_generations() -> None:
    assert not family_of("claude-sonnet-4-5").efforts
    assert family_of("claude-opus-4-5").efforts == {"low", "medium", "high"}
    assert family_of("claude-opus-4-6").efforts == {"low", "medium", "high", "max"}
    assert family_of("claude-opus-4-7").efforts == {"low", "medium", "high", "xhigh", "max"}


def test_the_fifth_generation_thinks_by_default() -> None:
    assert not family_of("claude-opus-4-8").thinks_by_default
    assert family_of("claude-opus-5").thinks_by_default
    assert family_of("claude-mythos-preview").thinks_by_default


def test_other_models_that_speak_the_format_get_what_every_version_had() -> None:
    assert family_of("deepseek-chat") is COMPATIBLE
    assert family_of("kimi-k2") is COMPATIBLE
