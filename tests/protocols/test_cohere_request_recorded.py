"""What clients really sent to Cohere, said in our chat request and encoded again: the same meaning."""

from collections import Counter
from typing import Any

import msgspec

from tests.protocols.cohere_as_chat import Inexpressible, as_chat, meaning
from tests.recorded import exchanges, requires_recorded
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.cohere.request import encode_upstream

pytestmark = requires_recorded


def accepted() -> list[dict[str, Any]]:
    """Requests that Cohere answered."""
    return [e for e in exchanges("cohere-v2.jsonl.gz") if e["response"]["status"] == 200]


def encoded(body: dict[str, Any]) -> dict[str, Any]:
    chat = parse_chat(msgspec.json.encode(as_chat(body)), ParseLimits())
    target = UpstreamTarget(
        provider="cohere",
        upstream_model=body["model"],
        supported_parameters=frozenset(),
        passthrough=frozenset({"documents"}),
    )
    return msgspec.json.decode(encode_upstream(to_hub(chat), target))


def test_every_recorded_request_that_chat_can_say_is_encoded_as_it_was_sent() -> None:
    inexpressible: Counter[str] = Counter()
    same = 0
    for exchange in accepted():
        sent = exchange["request"]["body"]
        try:
            body = encoded(sent)
        except Inexpressible as reason:
            inexpressible[str(reason)] += 1
            continue
        assert meaning(body) == meaning(sent), exchange["id"]
        same += 1
    assert same == 50
    assert not inexpressible
