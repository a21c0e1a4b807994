"""Every recorded chat answer, and both ways through the product."""

import functools
from typing import Any, Literal

from tests.recorded import exchanges
from tests.reports import REPORT
from trunkline.protocols.answers import AnswerIdentity, Facts
from trunkline.protocols.chat.answers import AnswerOptions, open_body, open_stream

PROTOCOLS = {"openai-chat", "openrouter-chat"}
IDENTITY = AnswerIdentity(
    generation_id="gen-1790000000-aB3dE5fG7hI9jK1lM3nO", created_s=1790000000, model="acme/m1", provider="Acme"
)
Path = Literal["native", "hub"]

OMITS_FINISH_REASON = {"snowflake"}
"""Providers of the recordings that say `""` for every finish reason."""


@functools.cache
def answers() -> tuple[dict[str, Any], ...]:
    """All recorded answers with status 200."""
    files = ("openai-chat.jsonl.gz", "openrouter-chat.jsonl.gz", "response-only.jsonl.gz")
    recorded = (exchange for file in files for exchange in exchanges(file))
    return tuple(e for e in recorded if e["protocol"] in PROTOCOLS and e["response"]["status"] < 400)


@functools.cache
def relayed(path: Path, recording: str) -> tuple[Facts, bytes]:
    """What we make of a recorded answer: its facts and the client's bytes."""
    return relay(path, next(e for e in answers() if e["id"] == recording))


def relay(path: Path, exchange: dict[str, Any]) -> tuple[Facts, bytes]:
    data = exchange["response"]["body"].encode()
    options = options_for(exchange)
    if exchange["stream"]:
        stream = open_stream(path, IDENTITY, options)
        out = stream.feed(data) + stream.close()
        return stream.facts, out + stream.tail(REPORT)
    body = open_body(path, data, IDENTITY, options)
    return body.facts, body.render(REPORT)


def options_for(exchange: dict[str, Any]) -> AnswerOptions:
    quirks = {"omits_finish_reason"} if exchange["provider"] in OMITS_FINISH_REASON else set[str]()
    return AnswerOptions(quirks=frozenset(quirks))
