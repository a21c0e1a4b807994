"""`--save FILE`: what was said on the wire, one JSON object on each line, as tests read recorded traffic."""

import secrets as randomness
from collections.abc import Collection, Mapping
from io import BufferedWriter
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from trunkline.catalog.types import Provider
from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.gateway.probing.calls import Finding, Wire
from trunkline.gateway.probing.cleaning import clean_body, clean_headers, clean_text, clean_value, secrets_of

_RECORDED_AS = {"google-gemini": "gemini", "mistral": "openai-chat"}
"""Catalog's names of protocols that recordings call otherwise."""


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


class Fidelity(Struct, frozen=True):
    """How near it is to what was on the wire: a response is `raw` to the byte unless something had to be removed."""

    request: Literal["reserialised"]
    response: Literal["raw", "redacted"]


class Recording(Struct, frozen=True, kw_only=True):
    """One exchange. The `id` is that of the run, which all its exchanges share, and the number in it."""

    id: str
    provider: str
    protocol: str
    model: str
    stream: bool
    features: tuple[str, ...]
    fidelity: Fidelity
    request: RecordedRequest
    response: RecordedResponse


class Transcript:
    """Appends to a file. Each line is on its way to the disk before the next question is asked."""

    def __init__(self, path: Path, provider: Provider) -> None:
        """Raises OSError when the file cannot be written."""
        self._file: BufferedWriter = path.open("ab")
        self._provider = provider
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
        self._file.write(json.encode(record(identity, self._provider, finding, finding.wire)) + b"\n")
        self._file.flush()


def record(identity: str, provider: Provider, finding: Finding, wire: Wire) -> Recording:
    """The exchange with everything removed that names or opens an account."""
    secrets = secrets_of(wire.request)
    url = _public_url(wire.request.url, provider, secrets)
    text = wire.body.decode("utf-8", "replace")
    body = clean_body(text, secrets)
    return Recording(
        id=identity,
        provider=provider.slug,
        protocol=_RECORDED_AS.get(wire.protocol, wire.protocol),
        model=wire.model,
        stream=wire.stream,
        features=(finding.outcome.feature,),
        fidelity=Fidelity("reserialised", "raw" if body.encode() == wire.body else "redacted"),
        request=RecordedRequest(
            method=wire.request.method,
            url=url,
            path=urlsplit(url).path,
            headers=clean_headers(wire.request.headers, secrets),
            body=clean_value(_value(wire.request.body), secrets),
        ),
        response=RecordedResponse(
            status=wire.status,
            headers=clean_headers(wire.headers.items(), secrets),
            body=body,
        ),
    )


def _public_url(url: str, provider: Provider, secrets: Collection[str]) -> str:
    """The address without its query. A host that only this account has becomes a dummy, as in recordings."""
    parts = urlsplit(url)
    public = {urlsplit(address).netloc for address in (provider.base_url, *provider.base_urls.values())}
    is_public = parts.netloc in public and clean_text(parts.netloc, secrets) == parts.netloc
    host = parts.netloc if is_public else f"{provider.slug}.example"
    return f"{parts.scheme}://{host}{clean_text(parts.path, secrets)}"


def _value(body: bytes) -> JsonValue:
    """Every protocol that is spoken sends JSON; should one not, its bytes are kept as text."""
    try:
        return json.value(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
