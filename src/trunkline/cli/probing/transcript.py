"""`--save FILE`: what was said on the wire, one JSON object on each line, as tests read recorded traffic."""

import secrets as randomness
from collections.abc import Mapping
from io import BufferedWriter
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from trunkline.cli.probing.calls import Finding, Wire
from trunkline.cli.probing.cleaning import clean_body, clean_headers, clean_text, clean_value, secrets_of
from trunkline.core import json
from trunkline.core.json import JsonValue


class RecordedRequest(Struct, frozen=True):
    """What we sent. `path` is the URL's."""

    method: str
    url: str
    path: str
    headers: Mapping[str, str]
    body: JsonValue


class RecordedResponse(Struct, frozen=True):
    """What came back, as far as it came; `status` 0: nothing."""

    status: int
    headers: Mapping[str, str]
    body: str


class Recording(Struct, frozen=True, kw_only=True):
    """One exchange. The `id` is that of the run, which all its exchanges share, and the number in it."""

    id: str
    provider: str
    protocol: str
    model: str
    stream: bool
    features: tuple[str, ...]
    request: RecordedRequest
    response: RecordedResponse


class Transcript:
    """Appends to a file. Each line is on its way to the disk before the next question is asked."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be written."""
        self._file: BufferedWriter = path.open("ab")
        self._run = randomness.token_hex(5)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, finding: Finding) -> None:
        """Write the exchange behind a finding, if there was one. Raises OSError."""
        if finding.wire is None:
            return
        identity = f"{self._run}-{self._count:02}"
        self._count += 1
        self._file.write(json.encode(record(identity, finding, finding.wire)) + b"\n")
        self._file.flush()


def record(identity: str, finding: Finding, wire: Wire) -> Recording:
    """The exchange with everything removed that names or opens an account."""
    secrets = secrets_of(wire.request)
    url = clean_text(wire.request.url, secrets)
    return Recording(
        id=identity,
        provider=finding.candidate.endpoint.provider,
        protocol=wire.protocol,
        model=wire.model,
        stream=wire.stream,
        features=(finding.outcome.feature,),
        request=RecordedRequest(
            method=wire.request.method,
            url=url,
            path=clean_text(urlsplit(wire.request.url).path, secrets),
            headers=clean_headers(wire.request.headers, secrets),
            body=clean_value(_value(wire.request.body), secrets),
        ),
        response=RecordedResponse(
            status=wire.status,
            headers=clean_headers(wire.headers.items(), secrets),
            body=clean_body(wire.body.decode("utf-8", "replace"), secrets),
        ),
    )


def _value(body: bytes) -> JsonValue:
    """Every protocol that is spoken sends JSON; should one not, its bytes are kept as text."""
    try:
        return json.value(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
