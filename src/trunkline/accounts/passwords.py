"""Passwords: hashed with Argon2id, in threads, two at a time (docs/develop/decisions/0021-sign-in.md).

A verification takes 64 MiB and tens of milliseconds on purpose; bounded, so that many attempts at once make each other
wait and not the gateway.
"""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from trunkline.core.errors import InvalidRequest

CHARACTERS_MIN = 12
CHARACTERS_MAX = 256
_AT_ONCE = 2


class Passwords:
    """Hashes and verifies. Belongs to one event loop."""

    __slots__ = ("_hasher", "_nobodys", "_turn")

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """To be stored. Raises InvalidRequest for one that is too short or too long."""
        if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
            raise InvalidRequest(
                f"A password has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters; this one has {len(password)}.",
                field="password",
            )
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of this hash. Without one (None) it is wrong, and takes as long to find out."""
        if len(password) > CHARACTERS_MAX:
            return False
        async with self._turn:
            if self._nobodys is None:
                self._nobodys = await asyncio.to_thread(self._hasher.hash, "nobody's password")
            matches = await asyncio.to_thread(self._matches, stored or self._nobodys, password)
        return matches and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
