"""Google's search beside, or instead of, the caller's functions."""

from typing import Any

import pytest

from tests.unit.protocols.gemini.requests import NEWEST, encode, target
from trunkline.protocols.gemini.hosts import AI_STUDIO, VERTEX, Host

SEARCH: dict[str, Any] = {"web_search_options": {"search_context_size": "high"}}
FUNCTION = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
DECLARED = {"functionDeclarations": [{"name": "add", "parametersJsonSchema": {"type": "object"}}]}


@pytest.mark.parametrize("model", [NEWEST, "gemini-2.5-flash", "gemini-2.0-flash"])
def test_a_wish_for_search_is_google_s_tool(model: str) -> None:
    body = encode(SEARCH, target(model))
    assert body["tools"] == [{"googleSearch": {}}]
    assert "toolConfig" not in body


@pytest.mark.parametrize(("host", "config"), [(AI_STUDIO, {"includeServerSideToolInvocations": True}), (VERTEX, None)])
def test_the_newest_models_search_beside_functions(host: Host, config: dict[str, Any] | None) -> None:
    body = encode({**SEARCH, "tools": [FUNCTION]}, host=host)
    assert body["tools"] == [DECLARED, {"googleSearch": {}}]
    assert body.get("toolConfig") == config


def test_where_only_one_of_them_works_the_functions_stay() -> None:
    body = encode({**SEARCH, "tools": [FUNCTION]}, target("gemini-2.5-flash"))
    assert body["tools"] == [DECLARED]
    assert "toolConfig" not in body


@pytest.mark.parametrize("model", ["gemma-3-27b-it", "gemini-1.5-pro", "gemma-4-31b"])
def test_models_without_search_are_not_asked_for_it(model: str) -> None:
    assert "tools" not in encode(SEARCH, target(model))


def test_an_endpoint_that_is_known_not_to_search_is_not_asked_for_it() -> None:
    assert "tools" not in encode(SEARCH, target(supported_parameters=frozenset({"tools"})))
