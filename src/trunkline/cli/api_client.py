"""Calls to the API of a running instance, for the terminal: one connection for each, no library."""

import http.client
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

TIMEOUT_S = 600.0
ANSWER_BYTES_MAX = 16 * 1024 * 1024
KEY_VARIABLE = "TRUNKLINE_API_KEY"


class ApiFailed(Exception):
    """No answer, or an error; the message is the server's own where there is one."""


class _Error(Struct, frozen=True):
    message: str = ""


def connection_to(url: str) -> http.client.HTTPConnection:
    """A connection to the host of an instance's address, not yet opened."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)


def path_below(url: str, path: str) -> str:
    """The path of an operation under the API root of an instance."""
    return f"{urlsplit(url).path.rstrip('/')}/api/v1{path}"


def headers_with(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


def post(url: str, key: str, path: str, body: bytes) -> bytes:
    """The body of a good answer. Raises ApiFailed."""
    try:
        with closing(connection_to(url)) as connection:
            connection.request("POST", path_below(url, path), body, headers_with(key))
            response = connection.getresponse()
            answer = response.read(ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException) as error:
        raise ApiFailed(f"{url} does not answer: {error}") from None
    if response.status != http.client.OK:
        raise ApiFailed(f"{response.status}: {message_of(answer)}")
    return answer


def message_of(body: bytes) -> str:
    """What an error body says; the body itself when it is none of ours."""
    try:
        failure: Mapping[str, _Error] = msgspec.json.decode(body, type=dict[str, _Error])
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
    return failure["error"].message if "error" in failure else body.decode("utf-8", "replace")
