"""Secrets of own provider keys as they lie in the database (operating.md OP-52, BY-06): sealed, as base64."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from trunkline.storage.sealing import CannotOpen, Sealer

_PURPOSE: Final = "provider-credentials"


class SecretBox:
    """Seals under the newest of the instance's keys, opens what any of them sealed.

    Made closed, because the keys are read when the instance starts.
    """

    __slots__ = ("_sealer",)

    def __init__(self) -> None:
        self._sealer: Sealer | None = None

    def unlock(self, instance_keys: Sequence[bytes]) -> None:
        """Take the instance's keys, the newest first."""
        self._sealer = Sealer(instance_keys, _PURPOSE)

    def seal(self, secret: str, owner: str) -> str:
        """The secret for the row `owner`."""
        return base64.b64encode(self._unlocked().seal(secret.encode(), owner)).decode()

    def open(self, sealed: str, owner: str) -> str:
        """The secret again. Raises CannotOpen."""
        return self._unlocked().open(_decoded(sealed), owner).decode()

    def is_newest(self, sealed: str) -> bool:
        """Whether it is under the key that is used now."""
        return self._unlocked().is_newest(_decoded(sealed))

    def _unlocked(self) -> Sealer:
        if self._sealer is None:
            raise CannotOpen("the instance has not started")
        return self._sealer


def _decoded(sealed: str) -> bytes:
    try:
        return base64.b64decode(sealed, validate=True)
    except binascii.Error:
        raise CannotOpen("damaged") from None
