"""Nothing an upstream says gets lost: every leaf of a recorded body is kept, carried in the facts, or listed here."""

import json
from collections.abc import Iterator
from typing import Any

from tests.protocols.chat_recordings import answers, relay
from tests.recorded import requires_recorded

WRITTEN_ANEW = {"id", "object", "created", "model", "provider"}
CARRIED_IN_FACTS = {"usage", "service_tier"}

LEFT_OUT = {
    "x_groq": "request id, seed and a copy of usage",
    "usage_breakdown": "usage by model, once more",
    "timings": "llama.cpp's timings",
    "time_info": "Cerebras' timings",
    "metrics": "timings",
    "sla_metrics": "timings",
    "prompt_filter_results": "Azure's verdict on the prompt, all safe where there is an answer",
    "prompt": "the prompt, echoed",
    "request_id": "the upstream's request id",
    "generationId": "another gateway's id of the generation",
    "metadata": "weights version",
    "copilot_usage": "usage, once more",
    "cost": "another gateway's price",
    "venice_parameters": "the request's options, echoed",
    "citations": "become annotations",
    "search_results": "become annotations; dates and snippets have no place there",
}
ELSEWHERE = {
    "content",
    "reasoning",
    "reasoning_content",
    "function_call",
    "finish_reason",
    "native_finish_reason",
    "role",
}
"""Read into other places: test_chat_response_recorded.py compares them."""


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def says_nothing(value: Any) -> bool:
    return value is None or value == ""


def is_accounted_for(path: tuple[str | int, ...], exchange: dict[str, Any]) -> bool:
    if path[0] != "choices":
        return path[0] in WRITTEN_ANEW | CARRIED_IN_FACTS | set(LEFT_OUT) | {"system_fingerprint"}
    if path[2] in ELSEWHERE or (len(path) > 3 and path[2] == "message" and path[3] in ELSEWHERE):
        return True
    if exchange["provider"] == "perplexity" and path[2] == "delta":
        return True  # an empty delta beside the message
    if exchange["provider"] == "snowflake" and path[2:4] == ("message", "audio"):
        return True  # an audio object of zeros with every answer
    return exchange["provider"] == "openrouter" and path[2:] == ("logprobs",)  # a number where an object belongs


@requires_recorded
def test_every_leaf_of_a_recorded_body_is_kept_or_accounted_for() -> None:
    lost: list[tuple[str, str, Any]] = []
    count = 0
    for exchange in answers():
        if exchange["stream"]:
            continue
        facts, out = relay("native", exchange)
        if facts.fault is not None:
            continue
        body, client = json.loads(exchange["response"]["body"]), dict(leaves(json.loads(out)))
        for path, value in leaves(body):
            count += 1
            kept = path in client and client[path] == value
            if not kept and not says_nothing(value) and not is_accounted_for(path, exchange):
                lost.append((exchange["id"], ".".join(map(str, path)), value))
    assert count > 20_000
    assert not lost, lost[:10]
