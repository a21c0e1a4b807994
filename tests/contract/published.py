"""What the published description says of each operation, and whether an answer keeps to it."""

import functools
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import httpx

from tests.reference import document, problems

METHODS = ("get", "post", "put", "patch", "delete")
OURS_ALONE = {
    *("post /messages/count_tokens", "post /completions", "get /auth/key", "post /route/explain"),
    "get /models/{author}/{slug}/prices",
}
"""Served, and not in the published description: the legacy completions (inference.md 19), an old name of `/key`, and
what this program adds."""


class Difference(NamedTuple):
    """What is known not to conform: a pattern that its problems match, and why it stays."""

    pattern: str
    reason: str


_MALFORMED = Difference(
    r"400 is not documented", "malformed parameters are refused with 400, which is not described here"
)
_NO_KEY = Difference(
    r"400 is not documented: .*`provider`",
    "`provider` without an own key of that provider is refused with 400, as the description has it for `get /files`",
)
KNOWN_DIFFERENCES = {
    "get /generation": [_MALFORMED],
    "get /generation/content": [_MALFORMED],
    "get /models/user": [_MALFORMED],
    "get /workspaces": [_MALFORMED],
    "get /files/{file_id}": [_NO_KEY],
    "delete /files/{file_id}": [_NO_KEY],
    "post /responses": [
        Difference(
            r"response/usage: null is not of type",
            "`usage` is null until a streamed response is over, as recorded streams of the original have it",
        ),
        Difference(
            r'part: \{.*"type":"reasoning_text"\} is not valid',
            "content parts of reasoning are announced, as recorded; the description allows them in one half of `allOf`"
            " and forbids them in the other",
        ),
    ],
}
"""By operation. Everything else that is wrong is a fault."""

REFUSED_BY_NATURE = {
    "get /generation/content": 404,
    "post /credits/coinbase": 410,
    "get /files/{file_id}/content": 400,
    "get /videos/{jobId}/content": 400,
}
"""Operations that never have a good answer here: nothing is stored; the original took it out of service; uploads are
not given back, and nothing else makes files yet; a film takes longer than a test asks for it."""

Operations = dict[str, dict[str, Any]]


def operations(description: dict[str, Any]) -> Operations:
    """By `method path`."""
    return {
        f"{method} {path}": operation
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


@functools.cache
def published() -> Operations:
    return operations(document())


def good_misfits(name: str, response: httpx.Response) -> list[str]:
    """What is wrong with an answer that should be a good one."""
    expected = REFUSED_BY_NATURE.get(name)
    if response.status_code != expected and response.status_code >= 400:
        return [f"{response.status_code}: {response.text[:300]}"]
    return misfits_of(name, response)


def misfits_of(name: str, response: httpx.Response) -> list[str]:
    return misfits(name, response.status_code, response.headers.get("content-type", ""), response.content)


def misfits(name: str, status: int, content_type: str, body: bytes) -> list[str]:
    """What is wrong with any answer of an operation: its status, its type, its body, or an event of its stream."""
    documented = published()[name]["responses"].get(str(status))
    if documented is None:
        return [f"{status} is not documented: {body[:200].decode(errors='replace')}"]
    content = documented.get("content")
    if not content:
        return []
    media = content_type.partition(";")[0]
    described = content.get(media) or content.get(f"{media.partition('/')[0]}/*")
    if described is None:
        return [f"{status} is {media or 'of no type'}, not {' or '.join(content)}"]
    schema = described.get("schema", {})
    if media == "text/event-stream":
        wrong = [problem for event in _events(body) for problem in _event_problems(event, schema)]
    elif media == "application/json":
        wrong = problems(json.loads(body), schema)
    else:
        wrong = []
    return [f"{status}: {problem}" for problem in wrong]


def unexplained(name: str, wrong: Iterable[str]) -> list[str]:
    """The problems that no known difference accounts for."""
    known = KNOWN_DIFFERENCES.get(name, [])
    return [problem for problem in wrong if not any(re.search(one.pattern, problem) for one in known)]


def _event_problems(event: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """By the schema of its own type, where the description tells types apart: that says what is wrong."""
    whole = _component(schema["$ref"])
    kinds = _component(whole["properties"]["data"].get("$ref", "")).get("discriminator", {}).get("mapping", {})
    if not kinds:
        return problems(event, schema)
    kind = event["data"].get("type")
    if kind not in kinds:
        return [f"an event of type {kind}"]
    lacking = [f"an event without {name}" for name in whole["required"] if name not in event]
    return lacking + [f"{kind}: {problem}" for problem in problems(event["data"], {"$ref": kinds[kind]})]


def _component(reference: str) -> dict[str, Any]:
    return document()["components"]["schemas"].get(reference.rpartition("/")[2], {})


def _events(stream: bytes) -> list[dict[str, object]]:
    """`event` and `data` of each event, without comments and the closing `[DONE]`."""
    found: list[dict[str, object]] = []
    for block in stream.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if fields and fields["data"] != "[DONE]":
            found.append({**fields, "data": json.loads(fields["data"])})
    assert found
    return found
