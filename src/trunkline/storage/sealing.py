"""Contents as they lie in the database when not even its owner may read them there (operating.md OP-52).

AES-256-GCM under keys derived from the instance's own. A sealed content begins with a version and the id of its key,
so that older keys still open it after a new one came; what it belongs to is authenticated with it, so that it does not
open in another row.
"""

import hashlib
import zlib
from collections.abc import Sequence
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trunkline.core.errors import Internal
from trunkline.storage.key_file import derive

_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD_BYTES = len(_VERSION) + _KEY_ID_BYTES
_FAST = 1


class CannotOpen(Internal):
    """Sealed under a key that this instance does not have, moved from another row, or damaged."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"What is stored cannot be opened: {reason}. The operator can restore the database together with the key "
            "file that belongs to it."
        )


class Sealer:
    """Seals under the first of the instance's keys, opens what any of them sealed. Contents are compressed before."""

    __slots__ = ("_keys", "_newest")

    def __init__(self, instance_keys: Sequence[bytes], purpose: str) -> None:
        derived = [derive(key, purpose) for key in instance_keys]
        self._keys = {_key_id(key): AESGCM(key) for key in derived}
        self._newest = _key_id(derived[0])

    def seal(self, content: bytes, owner: str) -> bytes:
        """The content for what `owner` names, such as a table and the key of a row."""
        nonce = urandom(_NONCE_BYTES)
        ciphertext = self._keys[self._newest].encrypt(nonce, zlib.compress(content, _FAST), owner.encode())
        return _VERSION + self._newest + nonce + ciphertext

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The content again. Raises CannotOpen."""
        key = self._keys.get(sealed[len(_VERSION) : _HEAD_BYTES])
        if sealed[: len(_VERSION)] != _VERSION or key is None:
            raise CannotOpen("it was sealed under a key that is not in this instance's key file")
        nonce, ciphertext = sealed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES], sealed[_HEAD_BYTES + _NONCE_BYTES :]
        try:
            return zlib.decompress(key.decrypt(nonce, ciphertext, owner.encode()))
        except (InvalidTag, ValueError, zlib.error):
            raise CannotOpen("it is damaged, or moved from another row") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether it is sealed under the key that is used now."""
        return sealed[:_HEAD_BYTES] == _VERSION + self._newest


def _key_id(key: bytes) -> bytes:
    """Tells keys apart and tells nothing of them."""
    return hashlib.sha256(b"id:" + key).digest()[:_KEY_ID_BYTES]
