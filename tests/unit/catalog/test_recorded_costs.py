"""The price formula against what OpenRouter really charged (inference.md 13.2).

Compared where the catalog still has the model at the provider that answered. Prices of a model at one provider may
differ by endpoint, so any endpoint of that provider may be the one.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.recorded import exchanges, requires_recorded
from trunkline.catalog.loader import load_bundled
from trunkline.catalog.pricing import charge
from trunkline.catalog.snapshot import compile_catalog
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.protocols.events import Usage

EXPLAINED = {
    "2d11270250-00": "a server tool called another model; its cost is in the sum, its tokens are not",
    "811c1c6545-00": "recorded in November 2025, the price has changed since",
    "a28f527720-00": "recorded in August 2026, the price has changed since",
    "a93c4d4efc-00": "recorded in November 2025, the price has changed since",
    "ce697da953-00": "recorded in November 2025, the price has changed since",
}
"""Recording → why its cost is not the formula's at today's prices."""


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_catalog(load_bundled())


@requires_recorded
def test_recorded_costs_are_reproduced(snapshot: Snapshot) -> None:
    compared = 0
    differing: dict[str, str] = {}
    for recording, answer in _priced_answers():
        candidates = _endpoints(snapshot, answer)
        if not candidates:
            continue
        compared += 1
        usage = _usage(answer["usage"])
        charged = [charge(e.pricing, usage, at_ms=answer["created"] * 1000).total_nanousd for e in candidates]
        cost = answer["usage"]["cost"] * 1e9
        if not any(abs(nanousd - cost) < 0.6 for nanousd in charged):
            differing[recording] = f"{answer['model']} at {answer['provider']}: {cost} is none of {charged}"

    assert compared > 100
    assert {key: text for key, text in differing.items() if key not in EXPLAINED} == {}


def _priced_answers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Recorded answers, or last chunks, that say what they cost, with the provider's list price."""
    for exchange in exchanges("openrouter-chat.jsonl.gz"):
        told = [answer for answer in _answers(exchange["response"].get("body")) if _has_cost(answer)]
        if told:
            yield exchange["id"], told[-1]


def _answers(body: Any) -> list[Any]:
    if not isinstance(body, str):
        return [body]
    lines = [line.removeprefix("data: ") for line in body.splitlines()]
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def _has_cost(answer: Any) -> bool:
    usage = answer.get("usage") if isinstance(answer, dict) else None
    return bool(usage) and "cost" in usage and not usage.get("is_byok")


def _endpoints(snapshot: Snapshot, answer: dict[str, Any]) -> list[Endpoint]:
    model_id = snapshot.names.get(answer["model"].lower())
    # The catalog knows Vertex by its full name; in the recordings it is "Google".
    provider = {"Google": "google-vertex"}.get(answer["provider"]) or snapshot.provider_names.get(
        answer["provider"].lower()
    )
    if model_id is None:
        return []
    return [endpoint for endpoint in snapshot.models[model_id].endpoints if endpoint.provider == provider]


def _usage(usage: dict[str, Any]) -> Usage:
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    tools = usage.get("server_tool_use_details") or usage.get("server_tool_use") or {}
    searches = tools.get("web_search_requests") or 0
    return Usage(
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        cached_tokens=prompt.get("cached_tokens") or 0,
        cache_write_tokens=prompt.get("cache_write_tokens") or 0,
        prompt_audio_tokens=prompt.get("audio_tokens") or 0,
        reasoning_tokens=completion.get("reasoning_tokens") or 0,
        completion_image_tokens=completion.get("image_tokens") or 0,
        completion_audio_tokens=completion.get("audio_tokens") or 0,
        web_searches=searches,
    )
