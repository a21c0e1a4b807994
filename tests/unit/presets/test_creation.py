"""What of a request becomes a preset (routing-and-catalog.md 15.3)."""

import pytest

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.presets.creation import new_version, require_slug
from trunkline.presets.types import NewVersion, PresetApi


def kept(body: dict[str, JsonValue], api: PresetApi = "chat") -> NewVersion:
    return new_version(json.members(json.encode(body)), api)


def test_settings_are_kept_and_what_belongs_to_one_request_is_dropped() -> None:
    made = kept(
        {
            "messages": [{"role": "user", "content": "Hi"}],
            "temperature": 0.7,
            "model": "a/b",
            "stream": True,
            "user": "u",
            "session_id": "s",
            "metadata": {"k": "v"},
            "seed": None,
        }
    )
    assert json.value(made.config.encode()) == {"model": "a/b", "temperature": 0.7}
    assert made.system_prompt is None


@pytest.mark.parametrize(
    ("api", "body", "prompt"),
    [
        (
            "chat",
            {
                "messages": [
                    {"role": "system", "content": "One."},
                    {"role": "developer", "content": [{"type": "text", "text": "Two."}]},
                    {"role": "user", "content": "Hi"},
                    {"role": "system", "content": "Late."},
                ]
            },
            "One.\n\nTwo.",
        ),
        ("chat", {"messages": [{"role": "user", "content": "Hi"}]}, None),
        ("messages", {"system": "Be kind."}, "Be kind."),
        ("messages", {"system": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]}, "A\n\nB"),
        ("responses", {"instructions": "Be brief."}, "Be brief."),
        ("responses", {"instructions": None}, None),
    ],
)
def test_the_system_prompt_is_taken_from_where_each_api_has_it(
    api: PresetApi, body: dict[str, JsonValue], prompt: str | None
) -> None:
    assert kept(body, api).system_prompt == prompt


def test_a_preset_on_a_preset_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="cannot stand on another preset"):
        kept({"model": "a/b@preset/other"})


@pytest.mark.parametrize("slug", ["a", "my-preset", "a_1-b", "x" * 100])
def test_good_slugs(slug: str) -> None:
    assert require_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "My", "-a", "a-", "a--b", "a b", "ä", "a/b", "x" * 101])
def test_bad_slugs_are_refused(slug: str) -> None:
    with pytest.raises(InvalidRequest, match="no preset slug"):
        require_slug(slug)
