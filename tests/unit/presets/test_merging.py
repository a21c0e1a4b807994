"""A preset laid under a request (routing-and-catalog.md 15.4)."""

import pytest

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.presets.merging import merged, named_preset
from trunkline.presets.types import PresetApi, PresetVersion

Body = dict[str, JsonValue]


def preset(config: Body, prompt: str | None = None) -> PresetVersion:
    return PresetVersion(
        id="v",
        preset_id="p",
        version=1,
        system_prompt=prompt,
        config=json.encode(config).decode(),
        creator_id="user_1",
        created_at_ms=0,
        updated_at_ms=0,
    )


def laid_under(request: Body, version: PresetVersion, api: PresetApi = "chat") -> Body:
    members = json.members(json.encode(request))
    return {name: json.value(raw) for name, raw in merged(members, version, api).items()}


def function(name: str, **facts: JsonValue) -> JsonValue:
    return {"type": "function", "function": {"name": name, **facts}}


@pytest.mark.parametrize(
    "request_",
    [{"model": "@preset/fast"}, {"model": "a/b", "preset": "fast"}, {"model": "a/b@preset/fast"}, {"preset": "fast"}],
)
def test_three_spellings_name_a_preset(request_: Body) -> None:
    assert named_preset(json.members(json.encode(request_))) == "fast"


def test_two_presets_in_one_request_are_refused_and_one_twice_is_not() -> None:
    with pytest.raises(InvalidRequest, match="two presets"):
        named_preset(json.members(json.encode({"model": "a/b@preset/one", "preset": "two"})))
    assert named_preset(json.members(json.encode({"model": "@preset/one", "preset": "one"}))) == "one"


def test_a_body_that_only_talks_of_presets_names_none() -> None:
    assert named_preset(json.members(json.encode({"model": "a/b", "preset": None, "user": "@preset/x"}))) is None


def test_request_members_replace_those_of_the_preset_whole_and_others_persist() -> None:
    version = preset({"model": "a/b", "temperature": 0.1, "top_p": 0.5, "provider": {"only": ["x"], "zdr": True}})
    sent: Body = {"model": "@preset/p", "temperature": 0.9, "top_p": None, "provider": {"sort": "price"}}
    assert laid_under(sent, version) == {
        "model": "a/b",
        "temperature": 0.9,
        "top_p": 0.5,
        "provider": {"sort": "price"},
    }


def test_the_model_is_the_requests_then_the_presets_and_the_presets_fallbacks_survive() -> None:
    version = preset({"model": "a/b", "models": ["c/d"]})
    assert laid_under({"model": "e/f@preset/p"}, version) == {"model": "e/f", "models": ["c/d"]}
    assert laid_under({"preset": "p", "models": ["g/h"]}, version) == {"model": "a/b", "models": ["g/h"]}
    assert laid_under({"model": "@preset/p"}, preset({"models": ["c/d"]})) == {"models": ["c/d"]}


def test_the_system_prompt_goes_before_the_requests_own_in_chat_and_gives_way_elsewhere() -> None:
    version = preset({}, "Be kind.")
    user: JsonValue = {"role": "user", "content": "Hi"}
    own: JsonValue = {"role": "system", "content": "Be brief."}
    chat = laid_under({"preset": "p", "messages": [own, user]}, version)
    assert chat["messages"] == [{"role": "system", "content": "Be kind."}, own, user]
    assert laid_under({"preset": "p"}, version, "messages") == {"system": "Be kind."}
    assert laid_under({"preset": "p", "system": "Mine."}, version, "messages") == {"system": "Mine."}
    assert laid_under({"preset": "p", "instructions": "Mine."}, version, "responses") == {"instructions": "Mine."}


def test_tools_are_united_by_identity_and_the_requests_take_the_place_of_equals() -> None:
    search: JsonValue = {"type": "openrouter:web_search"}
    limited: JsonValue = {"type": "openrouter:web_search", "parameters": {"max_results": 1}}
    version = preset({"tools": [function("a"), search]})
    united = laid_under({"preset": "p", "tools": [limited, function("b")]}, version)["tools"]
    assert united == [function("a"), limited, function("b")]


def test_advisors_are_told_apart_by_the_trimmed_name_of_their_parameters() -> None:
    first: JsonValue = {"type": "openrouter:advisor", "parameters": {"name": " critic "}}
    second: JsonValue = {"type": "openrouter:advisor", "parameters": {"name": "critic", "model": "a/b"}}
    nameless: JsonValue = {"type": "openrouter:advisor"}
    version = preset({"tools": [first, nameless]})
    assert laid_under({"preset": "p", "tools": [second]}, version)["tools"] == [second, nameless]


def test_a_request_that_says_a_length_in_other_words_still_wins() -> None:
    version = preset({"max_tokens": 10, "stop": "x"})
    assert laid_under({"preset": "p", "max_completion_tokens": 99}, version) == {
        "max_completion_tokens": 99,
        "stop": "x",
    }


CHAT_PRESET = preset(
    {
        "max_completion_tokens": 10,
        "stop": "x",
        "tools": [function("f", description="d", parameters={"type": "object"}, strict=True)],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        "reasoning": {"max_tokens": 2000},
    }
)


def test_a_preset_made_from_chat_speaks_messages() -> None:
    assert laid_under({"preset": "p"}, CHAT_PRESET, "messages") == {
        "max_tokens": 10,
        "stop_sequences": ["x"],
        "tools": [{"name": "f", "description": "d", "strict": True, "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "f"},
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    }


def test_a_preset_made_from_chat_speaks_responses() -> None:
    assert laid_under({"preset": "p"}, CHAT_PRESET, "responses") == {
        "max_output_tokens": 10,
        "stop": "x",
        "tools": [
            {"type": "function", "name": "f", "description": "d", "strict": True, "parameters": {"type": "object"}}
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        "reasoning": {"max_tokens": 2000},
    }


def test_a_preset_made_from_messages_speaks_chat() -> None:
    version = preset(
        {
            "max_tokens": 5,
            "stop_sequences": ["x", "y"],
            "tools": [{"name": "f", "input_schema": {"type": "object"}}],
            "tool_choice": {"type": "any"},
            "thinking": {"type": "enabled", "budget_tokens": 1024},
        }
    )
    assert laid_under({"preset": "p"}, version) == {
        "max_tokens": 5,
        "stop": ["x", "y"],
        "tools": [function("f", parameters={"type": "object"})],
        "tool_choice": "required",
        "reasoning": {"max_tokens": 1024},
    }


def test_a_preset_made_from_responses_speaks_chat() -> None:
    flat: Body = {"type": "json_schema", "name": "n", "schema": {"type": "object"}}
    version = preset({"max_output_tokens": 5, "text": {"format": flat, "verbosity": "low"}})
    assert laid_under({"preset": "p"}, version) == {
        "max_tokens": 5,
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    }
