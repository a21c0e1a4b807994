"""The own provider keys that a caller's requests may use, read and opened when its key is first seen."""

import structlog
from sqlalchemy import Connection

from trunkline.accounts.byok import repository
from trunkline.accounts.byok.repository import Sealed
from trunkline.accounts.byok.sealing import SecretBox
from trunkline.accounts.byok.types import OpenCredential
from trunkline.storage.sealing import CannotOpen

_log = structlog.get_logger("trunkline.accounts.byok")


def open_credentials(
    connection: Connection, box: SecretBox, account_id: str, workspace_id: str | None
) -> tuple[OpenCredential, ...]:
    """Those of the workspace and of the whole account that are not disabled, in order.

    One that cannot be opened is left out and logged: requests go on without it, and its page says why.
    """
    stored = repository.usable(connection, account_id, workspace_id)
    return tuple([one for found in stored if (one := _open(box, found)) is not None])


def open_credential(
    connection: Connection, box: SecretBox, account_id: str, credential_id: str
) -> OpenCredential | None:
    """One of the account, for work that began with it: disabled or not, as long as it is there."""
    found = repository.sealed(connection, credential_id)
    return None if found is None or found.credential.account_id != account_id else _open(box, found)


def _open(box: SecretBox, found: Sealed) -> OpenCredential | None:
    one = found.credential
    try:
        secret = box.open(found.sealed, one.id)
    except CannotOpen as reason:
        _log.error("a stored provider key cannot be opened", credential=one.id, reason=str(reason))
        return None
    return OpenCredential(
        id=one.id,
        provider=one.provider,
        secret=secret,
        is_fallback=one.is_fallback,
        always_use=one.always_use,
        sort_order=one.sort_order,
        allowed_models=_set(one.allowed_models),
        allowed_api_key_hashes=_set(one.allowed_api_key_hashes),
        allowed_user_ids=_set(one.allowed_user_ids),
        rejections=one.rejections,
    )


def _set(allowed: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if allowed is None else frozenset(allowed)
