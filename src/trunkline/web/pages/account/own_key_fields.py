"""The fields of an own provider key as a form sends them: guided ones become the JSON that the API takes
(accounts-and-governance.md BY-13 to BY-15)."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from trunkline.accounts.byok.types import CredentialPatch
from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.providers.own_keys.formats import FORMS, KeyForm
from trunkline.web.guard import Sent

NAME_MAX: Final = 255
_SPACES: Final = re.compile(r"[\s,]+")


def form_of(provider: str) -> KeyForm:
    """Which fields a provider's key has."""
    return FORMS.get(provider, "plain")


def secret_of(sent: Sent, provider: str) -> str:
    """The key: what stands in the JSON view, else what the guided fields say. Raises InvalidRequest."""
    if text := sent.text("key"):
        return text
    guided = _GUIDED[form_of(provider)](sent)
    if guided is None:
        raise InvalidRequest("Enter the key.", field="key")
    return json.encode(guided).decode()


def name_of(sent: Sent) -> str | None:
    """Raises InvalidRequest."""
    name = sent.text("name")
    if len(name) > NAME_MAX or not name.isprintable():
        raise InvalidRequest(f"A name has at most {NAME_MAX} printable characters.", field="name")
    return name or None


def models_of(sent: Sent) -> tuple[str, ...] | None:
    """Slugs apart by spaces, commas or lines; nothing is no restriction."""
    return tuple(part for part in _SPACES.split(sent.text("models")) if part) or None


def hashes_of(sent: Sent) -> tuple[str, ...] | None:
    """The API keys that were ticked; none is no restriction."""
    return tuple(name.removeprefix("only_") for name in sent.form if name.startswith("only_")) or None


def scope_of(sent: Sent, workspace_id: str) -> str | None:
    """The workspace, or None for all of them."""
    return None if sent.text("everywhere") == "on" else workspace_id


def patch_of(sent: Sent, workspace_id: str) -> CredentialPatch:
    """What the form of a stored key says of it."""
    return CredentialPatch(
        secret=sent.text("key") or UNSET,
        name=name_of(sent),
        always_use=sent.text("always_use") == "on",
        workspace_id=scope_of(sent, workspace_id),
        allowed_models=models_of(sent),
        allowed_api_key_hashes=hashes_of(sent),
        allowed_user_ids=(sent.visitor.account_id,) if sent.text("only_me") == "on" else None,
    )


def _plain(_: Sent) -> JsonValue | None:
    return None


def _azure(sent: Sent) -> JsonValue | None:
    if url := sent.text("endpoint_url"):
        return [
            {
                "model_slug": sent.text("model_slug"),
                "endpoint_url": url,
                "api_key": sent.text("api_key"),
                "model_id": sent.text("model_id"),
            }
        ]
    if not sent.text("api_key"):
        return None
    kind = "ai_foundry" if sent.text("resource_type") == "ai_foundry" else "openai"
    return [{"api_key": sent.text("api_key"), "resource_name": sent.text("resource_name"), "resource_type": kind}]


def _bedrock(sent: Sent) -> JsonValue | None:
    region = sent.text("region")
    if key := sent.text("api_key"):
        return {"apiKey": key, "region": region}
    if not sent.text("access_key_id"):
        return None
    return {
        "accessKeyId": sent.text("access_key_id"),
        "secretAccessKey": sent.text("secret_access_key"),
        "region": region,
    }


def _vertex(sent: Sent) -> JsonValue | None:
    file = sent.text("service_account")
    if not file:
        return None
    try:
        account = json.value(file.encode())
    except msgspec.DecodeError:
        account = None
    if not isinstance(account, dict):
        raise InvalidRequest("The service account's key file is a JSON object: paste all of it.", field="key")
    more = {name: sent.text(name) for name in ("region", "bucket") if sent.text(name)}
    return {**account, **more}


_GUIDED: Final[Mapping[KeyForm, Callable[[Sent], JsonValue | None]]] = {
    "plain": _plain,
    "azure": _azure,
    "bedrock": _bedrock,
    "vertex": _vertex,
}
