"""`logprobsResult` as chat's logprobs object (inference.md 1.5, 30.4)."""

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE


class _Token(Struct, rename="camel"):
    token: str = ""
    log_probability: float = 0.0


class _Alternatives(Struct):
    candidates: list[_Token] | None = None


class _Logprobs(Struct, rename="camel"):
    chosen_candidates: list[_Token] | None = None
    top_candidates: list[_Alternatives] | None = None


_decoder = msgspec.json.Decoder(_Logprobs)


def chat_logprobs(raw: Raw) -> Raw:
    """`{content: [{token, logprob, bytes, top_logprobs}], refusal: null}`; empty when there is none to tell."""
    try:
        read = _decoder.decode(raw)
    except UNREADABLE:
        return NOTHING
    chosen, tops = read.chosen_candidates or [], read.top_candidates or []
    if not chosen:
        return NOTHING
    content: list[dict[str, object]] = []
    for position, token in enumerate(chosen):
        alternatives = tops[position].candidates if position < len(tops) else None
        content.append(_entry(token) | {"top_logprobs": [_entry(other) for other in alternatives or ()]})
    return json.raw({"content": content, "refusal": None})


def _entry(token: _Token) -> dict[str, object]:
    return {"token": token.token, "logprob": token.log_probability, "bytes": list(token.token.encode())}
