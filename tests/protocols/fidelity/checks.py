"""What is measured, in words that all formats share."""

import base64
import random
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from msgspec import Struct

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.faults.types import Classified

Exchange = dict[str, Any]
Letter = Literal["a", "b", "c", "d", "e"]
Check = Callable[[Exchange], None]
"""Fails by AssertionError; raises Excused or OtherMatter."""

CHECKS: Mapping[Letter, str] = {
    "a": "the decoder tells every fact of the answer (of an error: its status and its words)",
    "b": "a stream, and the same answer sent whole, come to the same",
    "c": "the stream cut at random comes to the same",
    "d": "the native path and the way through the hub come to the same",
    "e": "the request, said in chat and encoded again, means the same",
}


class Excused(Exception):
    """The check cannot hold here, for the reason that the text gives."""


class OtherMatter(Exception):
    """The check is not about exchanges of this kind."""


class Format(Struct, frozen=True):
    """One upstream format: its recordings and the checks that it has."""

    name: str
    exchanges: Sequence[Exchange]
    checks: Mapping[Letter, Check]


def is_error(exchange: Exchange) -> bool:
    return exchange["response"]["status"] >= 400


def only_streams(exchange: Exchange) -> None:
    if not exchange["stream"] or is_error(exchange):
        raise OtherMatter


def only_asked(exchange: Exchange) -> dict[str, Any]:
    """The request's body, where it was kept and was not refused."""
    body = (exchange.get("request") or {}).get("body")
    if not isinstance(body, dict) or is_error(exchange):
        raise OtherMatter
    return body


def payload(exchange: Exchange) -> bytes:
    """The answer's bytes."""
    response = exchange["response"]
    return base64.b64decode(response["body_b64"]) if "body_b64" in response else response["body"].encode()


def pieces(exchange: Exchange) -> list[bytes]:
    """The answer's bytes cut anywhere, the same way each time."""
    data = payload(exchange)
    dice = random.Random(exchange["id"])
    cuts = sorted(dice.sample(range(len(data)), min(40, len(data) - 1)))
    return [data[start:end] for start, end in pairwise([0, *cuts, len(data)])]


def refused(refusal: InvalidRequest) -> Excused:
    """Our own refusal, by the field that it names: the tests of requests list each one with its reason."""
    field = re.sub(r"\[\d+\]", "[]", refusal.field or "")
    return Excused(f"refused by us: `{field}`")


def check_error(exchange: Exchange, classified: Classified) -> None:
    """An error keeps its status and its whole body, and has a message."""
    body: str = exchange["response"]["body"]
    assert classified.fault.status == exchange["response"]["status"]
    assert classified.fault.raw == body
    assert classified.fault.message
