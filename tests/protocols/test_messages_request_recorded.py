"""What clients really sent to Anthropic, said in our chat request and encoded again: the same meaning."""

import json
from collections import Counter
from typing import Any

from msgspec import structs

from tests.protocols.messages_as_chat import Inexpressible, as_chat, meaning
from tests.recorded import exchanges, requires_recorded
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.messages.betas import STRUCTURED_OUTPUTS
from trunkline.protocols.messages.hosts import ANTHROPIC, Host
from trunkline.protocols.messages.upstream import encode_upstream

pytestmark = requires_recorded

INEXPRESSIBLE = {
    "a tool that is no function, or has more members": 37,
    "server_tool_use with id": 12,
    "document from file": 6,
    "tool_reference with tool_name": 4,
    "tool_addition with tool": 4,
    "member container": 3,
    "document with citations": 3,
    "member context_management": 3,
    "a call with more members": 3,
    "a result that is an error": 3,
    "member mcp_servers": 2,
    "document from text": 2,
    "image from file": 2,
    "container_upload with file_id": 1,
    "search_result with citations": 1,
}
"""What our chat request has no word for, and how many recorded requests say it."""
WITHOUT_DEFINITIONS = {
    "35b28d5088-01": "notify",
    "560f025d66-00": "add",
    "e0cc7d826e-00": "add",
    "e580dcf965-00": "add",
}
"""A history of calls without tools gets stubs (inference.md 8.1)."""
BEGINS_WITH_THE_ASSISTANT = {"35b28d5088-01"}
"""The user says `.` first (inference.md 30.1)."""
UNKNOWN_CALL = {"f17d14b161-00"}
"""Answers a call that was never made: refused before it gets here (inference.md 8.4)."""


def accepted() -> list[dict[str, Any]]:
    """Requests that Anthropic answered."""
    return [e for e in exchanges("anthropic-messages.jsonl.gz") if e["response"]["status"] == 200]


def model_of(exchange: dict[str, Any]) -> str:
    """Of the body, or of the path, where Vertex has it."""
    request = exchange["request"]
    return request["body"].get("model") or request["path"].rpartition("/models/")[2].partition(":")[0]


def encoded(exchange: dict[str, Any], host: Host = ANTHROPIC) -> dict[str, Any]:
    body = exchange["request"]["body"]
    hub = to_hub(parse_chat(json.dumps(as_chat(body)).encode(), ParseLimits()))
    if any("strict" in tool for tool in body.get("tools") or []):
        hub = structs.replace(hub, anthropic_betas=(STRUCTURED_OUTPUTS,))
    target = UpstreamTarget(provider="anthropic", upstream_model=model_of(exchange), supported_parameters=frozenset())
    return json.loads(encode_upstream(hub, target, host))


def test_every_recorded_request_that_chat_can_say_is_encoded_as_it_was_sent() -> None:
    inexpressible: Counter[str] = Counter()
    same = 0
    for exchange in accepted():
        if exchange["id"] in UNKNOWN_CALL:
            continue
        try:
            body = encoded(exchange)
        except Inexpressible as reason:
            inexpressible[str(reason)] += 1
            continue
        sent = meaning(exchange["request"]["body"])
        if exchange["id"] in WITHOUT_DEFINITIONS:
            stub = {"name": WITHOUT_DEFINITIONS[exchange["id"]], "input_schema": {"type": "object"}}
            sent |= {"tools": [stub], "tool_choice": {"type": "none"}}
        if exchange["id"] in BEGINS_WITH_THE_ASSISTANT:
            sent["messages"].insert(0, {"role": "user", "content": [{"type": "text", "text": "."}]})
        assert meaning(body) == sent, exchange["id"]
        same += 1
    assert same > 300
    assert inexpressible == INEXPRESSIBLE
