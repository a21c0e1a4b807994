"""What clients really sent to Bedrock's Converse, said in our chat request and encoded again: the same meaning."""

import json
from collections import Counter
from typing import Any

from msgspec import structs

from tests.protocols.converse_as_chat import Inexpressible, as_chat, meaning
from tests.protocols.converse_recordings import target
from tests.recorded import exchanges, requires_recorded
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.converse.protocol import ConverseProtocol
from trunkline.protocols.messages.betas import STRUCTURED_OUTPUTS

pytestmark = requires_recorded

INEXPRESSIBLE = {
    "member guardrailConfig": 7,
    "tool systemTool": 4,
    "document from elsewhere, or with citations": 3,
    "model field reasoning_config of this shape": 2,
    "a result that is an error or the service's own": 1,
    "block toolUse": 1,
    "block searchResult": 1,
    "image from elsewhere, or with citations": 1,
}
"""What our chat request has no word for, and how many recorded requests say it."""


def accepted() -> list[dict[str, Any]]:
    """Requests that were answered."""
    return [e for e in exchanges("bedrock-converse.jsonl.gz") if e["response"]["status"] == 200]


def encoded(exchange: dict[str, Any]) -> dict[str, Any]:
    body = exchange["request"]["body"]
    hub = to_hub(parse_chat(json.dumps(as_chat(body)).encode(), ParseLimits()))
    if '"strict"' in json.dumps(body.get("toolConfig")):
        hub = structs.replace(hub, anthropic_betas=(STRUCTURED_OUTPUTS,))
    return json.loads(ConverseProtocol().encode(hub, target(exchange)))


def test_every_recorded_request_that_chat_can_say_is_encoded_as_it_was_sent() -> None:
    inexpressible: Counter[str] = Counter()
    same = 0
    for exchange in accepted():
        try:
            body = encoded(exchange)
        except Inexpressible as reason:
            inexpressible[str(reason)] += 1
            continue
        assert meaning(body) == meaning(exchange["request"]["body"]), exchange["id"]
        same += 1
    assert same > 80
    assert inexpressible == INEXPRESSIBLE


def test_every_recorded_path_is_ours() -> None:
    protocol = ConverseProtocol()
    for exchange in exchanges("bedrock-converse.jsonl.gz"):
        path = "/" + protocol.path(target(exchange), stream=exchange["request"]["path"].endswith("-stream"))
        assert path == exchange["request"]["path"].replace(":", "%3A")
