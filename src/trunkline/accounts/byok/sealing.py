"""Secrets as they lie in the database: AES-256-GCM under the instance's key (operating.md OP-52, BY-06).

A sealed text is `v1.<key id>.<base64 of nonce and ciphertext>`. The key id says which of the instance's keys it was;
what it belongs to is authenticated with it, so that a text copied into another row does not open.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.storage.key_file import derive

_PURPOSE = "provider-credentials"
_VERSION = "v1"
_NONCE_BYTES = 12
_KEY_ID_DIGITS = 8


class CannotOpen(Exception):
    """The text was sealed under a key that this instance does not have, or it was tampered with."""


class SecretBox:
    """Seals under the newest of the instance's keys, opens what any of them sealed.

    Made closed, because the keys are read when the instance starts.
    """

    __slots__ = ("_keys", "_newest")

    def __init__(self) -> None:
        self._keys: dict[str, AESGCM] = {}
        self._newest = ""

    def unlock(self, instance_keys: Sequence[bytes]) -> None:
        """Take the instance's keys, the newest first."""
        derived = [derive(key, _PURPOSE) for key in instance_keys]
        self._keys = {_key_id(key): AESGCM(key) for key in derived}
        self._newest = _key_id(derived[0])

    def seal(self, secret: str, owner: str) -> str:
        """The secret for the row `owner`."""
        nonce = urandom(_NONCE_BYTES)
        ciphertext = self._keys[self._newest].encrypt(nonce, secret.encode(), owner.encode())
        return f"{_VERSION}.{self._newest}.{base64.b64encode(nonce + ciphertext).decode()}"

    def open(self, sealed: str, owner: str) -> str:
        """The secret again. Raises CannotOpen."""
        version, _, rest = sealed.partition(".")
        key_id, _, text = rest.partition(".")
        key = self._keys.get(key_id)
        if version != _VERSION or key is None:
            raise CannotOpen(f"no key {key_id or 'at all'} in the instance's key file")
        try:
            data = base64.b64decode(text, validate=True)
            return key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise CannotOpen("the stored text is damaged") from None

    def is_newest(self, sealed: str) -> bool:
        """Whether it is under the key that is used now."""
        return sealed.startswith(f"{_VERSION}.{self._newest}.")


def _key_id(key: bytes) -> str:
    """Tells keys apart and tells nothing of them."""
    return hashlib.sha256(b"id:" + key).hexdigest()[:_KEY_ID_DIGITS]
