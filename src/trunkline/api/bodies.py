"""Request bodies of the control plane: bounded in size and time, every problem named at once (ERR-07, OP-50)."""

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import NODEFAULT, Raw, Struct
from starlette.requests import ClientDisconnect, Request

from trunkline.core import json
from trunkline.core.errors import InvalidRequest, PayloadTooLarge

BODY_MAX_BYTES = 64 * 1024
"""No management request needs more."""
PROBLEM_CHARS_MAX = 300
NUL = "\x00"

T = TypeVar("T", bound=Struct)
Rule = Callable[[object], str | None]
"""Says what is wrong with a decoded value, None when nothing is."""


class Issue(Struct, frozen=True):
    """One problem with one field."""

    path: str
    message: str


def invalid(issues: list[Issue]) -> InvalidRequest:
    """The 400 that names the first field in its message and all of them under `metadata.issues`."""
    first = issues[0]
    return InvalidRequest(
        f"Invalid request parameters: `{first.path}`: {first.message}",
        field=first.path,
        metadata={"issues": [{"path": issue.path, "message": issue.message} for issue in issues]},
    )


def require_plain(content_encoding: bytes | None) -> None:
    """A compressed body can be a thousand times its size, and no client needs one. Raises InvalidRequest (415)."""
    if content_encoding is not None and content_encoding.strip().lower() not in (b"", b"identity"):
        raise InvalidRequest(
            "Compressed request bodies are not read. Send the JSON as it is, without `Content-Encoding`.", status=415
        )


async def read_body(request: Request, *, timeout_s: float, max_bytes: int = BODY_MAX_BYTES) -> bytes:
    """The whole body. Raises PayloadTooLarge, or InvalidRequest when it is compressed or does not arrive (in time)."""
    encoding = request.headers.get("content-encoding")
    require_plain(None if encoding is None else encoding.encode("latin-1"))
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise PayloadTooLarge(f"Request payload too large: this operation takes at most {max_bytes} bytes.")
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {timeout_s:g} s.", status=408) from None
    except ClientDisconnect:
        raise InvalidRequest("The connection ended before the body did.") from None
    return bytes(body)


def decode(data: bytes, type_: type[T], rules: Mapping[str, Rule] | None = None) -> T:
    """`data` as one JSON object of this type; unknown members are ignored (API-06).

    `rules` check single fields beyond their types. Raises InvalidRequest listing every issue.
    """
    try:
        members = json.members(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"Invalid request parameters: the body is no JSON object ({error}).") from None
    issues = _issues(members, type_, rules or {})
    if issues:
        raise invalid(issues)
    return msgspec.json.decode(data, type=type_)


def _issues(members: dict[str, Raw], type_: type[Struct], rules: Mapping[str, Rule]) -> list[Issue]:
    issues: list[Issue] = []
    for field in msgspec.structs.fields(type_):
        member = members.get(field.encode_name)
        if member is None:
            if field.default is NODEFAULT and field.default_factory is NODEFAULT:
                issues.append(Issue(field.encode_name, "is required"))
        elif (problem := _problem(member, field.type, rules.get(field.name))) is not None:
            issues.append(Issue(field.encode_name, problem))
    return issues


def _problem(member: Raw, type_: object, rule: Rule | None) -> str | None:
    try:
        value: object = msgspec.json.decode(member, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)[:PROBLEM_CHARS_MAX]
    if isinstance(value, str) and NUL in value:
        return "must not contain a NUL character"
    if isinstance(value, Decimal) and bytes(memoryview(member)).startswith(b'"'):
        return "must be a number, not a text"
    return rule(value) if rule is not None else None
