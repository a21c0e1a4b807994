"""What a caller may store as a provider's key (accounts-and-governance.md BY-12 to BY-16).

Most keys are plain text. Azure, Bedrock and Vertex take JSON, and so does a provider whose address has parts of the
account's own (Cloudflare's account id): `{"api_key": …, "account_id": …}`.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from trunkline.catalog.types import Provider
from trunkline.core import json
from trunkline.core.errors import InvalidRequest

AZURE: Final = "azure"
BEDROCK: Final = "amazon-bedrock"
VERTEX: Final = "google-vertex"
KeyForm: TypeAlias = Literal["plain", "azure", "bedrock", "vertex"]
"""Which guided fields the site shows (BYP-02)."""
FORMS: Final[Mapping[str, KeyForm]] = {AZURE: "azure", BEDROCK: "bedrock", VERTEX: "vertex"}

ENTRIES_MAX: Final = 100
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?", re.ASCII)
"""What may stand in an address: nothing that could lead to another host or path."""
_BUCKET = re.compile(r"(?:gs://)?[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/?", re.ASCII)
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+", re.ASCII)
_SHOWN_CHARS_MIN: Final = 12
"""Of a shorter key nothing is shown."""

T = TypeVar("T", bound=Struct)


class PlainKey(Struct, frozen=True):
    """One text that is sent as it is, and the parts of the address that belong to its account."""

    key: str
    address: Mapping[str, str] = {}


class AzureResource(Struct, frozen=True):
    """Serves every model that is deployed in the resource."""

    api_key: str
    resource_name: str
    resource_type: Literal["openai", "ai_foundry"] = "openai"


class AzureDeployment(Struct, frozen=True):
    """Serves one model, at an address of its own."""

    model_slug: str
    endpoint_url: str
    api_key: str
    model_id: str


class AzureKeys(Struct, frozen=True):
    """A deployment wins for its model; of several resources the first serves the rest."""

    resources: tuple[AzureResource, ...]
    deployments: tuple[AzureDeployment, ...]


class AwsAccess(Struct, frozen=True, rename="camel"):
    """Signs requests to one region."""

    access_key_id: str
    secret_access_key: str
    region: str


class GoogleAccount(Struct, frozen=True):
    """A service account. `info` is the JSON object of its file."""

    info: Mapping[str, object]
    project: str
    region: str | None
    bucket: str | None


OwnKey: TypeAlias = PlainKey | AzureKeys | AwsAccess | GoogleAccount


class _Region(Struct, frozen=True, rename="camel"):
    """A Bedrock API key together with its region."""

    api_key: str
    region: str


class _ServiceAccount(Struct, frozen=True):
    private_key: str
    client_email: str
    project_id: str
    private_key_id: str = ""
    region: str | None = None
    bucket: str | None = None


def parse_key(provider: Provider, text: str) -> OwnKey:
    """The key in `text`. Raises InvalidRequest naming what is missing or wrong."""
    text = text.strip()
    if not text:
        raise _wrong("is empty")
    form: KeyForm = FORMS.get(provider.slug, "plain")
    match form:
        case "azure":
            return _azure(text)
        case "bedrock":
            return _bedrock(text)
        case "vertex":
            return _vertex(text)
        case "plain":
            return _plain(provider, text)


def key_label(key: OwnKey) -> str:
    """The key, masked: a few characters of either end tell its owner which one it is."""
    match key:
        case PlainKey():
            return masked(key.key)
        case AzureKeys():
            first = key.resources[0] if key.resources else key.deployments[0]
            return masked(first.api_key)
        case AwsAccess():
            return masked(key.access_key_id)
        case GoogleAccount():
            return masked(str(key.info.get("private_key_id") or key.info["client_email"]))


def masked(secret: str) -> str:
    """`sk-...AbCd`."""
    return f"{secret[:3]}...{secret[-4:]}" if len(secret) >= _SHOWN_CHARS_MIN else "..."


def _plain(provider: Provider, text: str) -> PlainKey:
    if not text.startswith("{"):
        return PlainKey(_sendable(text))
    members = _members(text)
    key = members.pop("api_key", None)
    if not isinstance(key, str):
        raise _wrong("a JSON object needs `api_key`; a plain key is sent without braces")
    address: dict[str, str] = {}
    for hole, value in members.items():
        if hole not in own_holes(provider):
            known = ", ".join(("api_key", *own_holes(provider)))
            raise _wrong(f"`{hole}` is no part of a key of {provider.name}: {known}")
        address[hole] = _address_part(hole, value)
    return PlainKey(_sendable(key), address)


def own_holes(provider: Provider) -> tuple[str, ...]:
    """Parts of the address that a key may bring along. A whole host is the operator's to name, since the gateway calls
    whatever it says."""
    return tuple(hole for hole in provider.base_url_variables if f"//{{{hole}}}" not in provider.base_url)


def _azure(text: str) -> AzureKeys:
    if not text.startswith(("[", "{")):
        raise _wrong(
            'Azure takes a JSON array of entries: [{"api_key": "…", "resource_name": "…"}] or '
            '[{"model_slug": "…", "endpoint_url": "…", "api_key": "…", "model_id": "…"}]'
        )
    value = _json(text)
    entries = value if isinstance(value, list) else [value]
    if not 1 <= len(entries) <= ENTRIES_MAX:
        raise _wrong(f"must have 1 to {ENTRIES_MAX} entries")
    resources: list[AzureResource] = []
    deployments: list[AzureDeployment] = []
    for position, entry in enumerate(entries):
        if isinstance(entry, dict) and ("endpoint_url" in entry or "model_slug" in entry):
            deployments.append(_convert(entry, AzureDeployment, f"[{position}]"))
        else:
            resources.append(_convert(entry, AzureResource, f"[{position}]"))
    for resource in resources:
        _address_part("resource_name", resource.resource_name)
    for one in (*resources, *deployments):
        _sendable(one.api_key)
    return AzureKeys(tuple(resources), tuple(deployments))


def _bedrock(text: str) -> PlainKey | AwsAccess:
    if not text.startswith("{"):
        return PlainKey(_sendable(text))
    members = _members(text)
    if "apiKey" in members:
        named = _convert(members, _Region)
        return PlainKey(_sendable(named.api_key), {"region": _address_part("region", named.region)})
    access = _convert(members, AwsAccess)
    _address_part("region", access.region)
    _sendable(access.access_key_id)
    return access


def _vertex(text: str) -> GoogleAccount:
    if not text.startswith("{"):
        raise _wrong("Vertex takes the JSON of a service account's key file")
    members = _members(text)
    account = _convert(members, _ServiceAccount)
    region, bucket = members.pop("region", None), members.pop("bucket", None)
    if isinstance(region, str):
        _address_part("region", region)
    if isinstance(bucket, str) and _BUCKET.fullmatch(bucket) is None:
        raise _wrong("`bucket` must be a bucket's name or `gs://name`, without a path")
    return GoogleAccount(members, _address_part("project_id", account.project_id), account.region, account.bucket)


def _json(text: str) -> json.JsonValue:
    try:
        return json.value(text.encode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _wrong("begins as JSON, but is none") from None


def _members(text: str) -> dict[str, object]:
    value = _json(text)
    if not isinstance(value, dict):
        raise _wrong("must be a JSON object")
    return {**value}


def _convert(value: object, type_: type[T], where: str = "") -> T:
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise _wrong(f"{where}{' ' if where else ''}{error}") from None


def _address_part(name: str, value: object) -> str:
    if not isinstance(value, str) or _LABEL.fullmatch(value) is None:
        raise _wrong(f"`{name}` must be letters, digits, `-`, `_` and `.` only")
    return value


def _sendable(key: str) -> str:
    if _HEADER_SAFE.fullmatch(key) is None:
        raise _wrong("must be printable ASCII without spaces, as the provider shows it")
    return key


def _wrong(what: str) -> InvalidRequest:
    return InvalidRequest(
        f"Invalid request parameters: `key`: {what}",
        field="key",
        metadata={"issues": [{"path": "key", "message": what}]},
    )
