"""Who calls: a key by its secret, else a person by the session of this site (accounts-and-governance.md 0.3)."""

from collections.abc import Iterable

from trunkline.accounts import secrets
from trunkline.accounts.directory import Directory
from trunkline.accounts.members import Members
from trunkline.accounts.types import Principal
from trunkline.core.errors import Unauthenticated


class Callers:
    """What every operation asks when the caller is not in memory. A key always wins over a session (API-04)."""

    __slots__ = ("_directory", "_members")

    def __init__(self, directory: Directory, members: Members) -> None:
        self._directory = directory
        self._members = members

    async def resolve(self, method: str, raw_headers: Iterable[tuple[bytes, bytes]]) -> Principal:
        """The caller. Raises Unauthenticated, PermissionDenied, InvalidRequest, and what an absent database raises."""
        headers: dict[bytes, bytes] = {}
        for name, value in raw_headers:
            headers.setdefault(name, value)
        authorization, x_api_key = headers.get(b"authorization"), headers.get(b"x-api-key")
        if secrets.presented_secret(authorization, x_api_key) is None:
            member = await self._members.resolve(method, headers)
            if member is None:
                raise Unauthenticated("Missing Authentication header")
            return member
        return await self._directory.resolve(authorization, x_api_key)
