"""What providers say of own provider keys, noted beside the requests and written about once a second (BY-22).

A key that was rejected three times in a row is flagged on the site. One good answer ends the row; the last failure
stays to be read.
"""

from msgspec import Struct

from trunkline.accounts.byok import repository
from trunkline.accounts.byok.types import CredentialError, OpenCredential
from trunkline.accounts.cache import LruCache
from trunkline.core.clock import Clock
from trunkline.protocols.faults.types import Classified
from trunkline.storage.interface import Database

NOTED_MAX = 10_000
"""Keys whose standing waits to be written; beyond it the newest news are dropped."""
REMEMBERED_MAX = 100_000
"""Keys whose rejections in a row are known without asking."""
_REJECTED = frozenset({401, 402, 403})
_KEY_REFUSED = _REJECTED | {429}
"""docs/develop/decisions/0029-own-keys.md: others do not suffer from a caller's wrong key."""


class _News(Struct):
    error: CredentialError | None
    rejections: int


class Standings:
    """Of one process. Requests call `heard`, which costs a dictionary's look-up."""

    __slots__ = ("_clock", "_database", "_news", "_rejections")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._news: dict[str, _News] = {}
        self._rejections: LruCache[str, int] = LruCache(REMEMBERED_MAX)

    def heard(self, credential: OpenCredential, outcome: Classified | None) -> bool:
        """An attempt with this key has ended, None: in an answer. True: the provider refused the key, which speaks of
        the key's account and not of the endpoint."""
        if outcome is None:
            self.succeeded(credential)
            return False
        status = outcome.fault.status or None
        self.failed(credential, status, outcome.error_type)
        return status in _KEY_REFUSED

    def succeeded(self, credential: OpenCredential) -> None:
        """The provider answered a request with this key."""
        if self._so_far(credential):
            self._tell(credential.id, None, 0)

    def failed(self, credential: OpenCredential, status: int | None, error_type: str) -> None:
        """It did not, with this status; None without an answer."""
        rejections = self._so_far(credential) + (1 if status in _REJECTED else 0)
        error = CredentialError(status=status, error_type=error_type, at_ms=self._clock.now_ms())
        self._tell(credential.id, error, rejections)

    async def flush(self) -> None:
        """Write what is new. Raises StorageUnavailable; then it is still new."""
        while self._news:
            credential_id, news = next(iter(self._news.items()))
            await self._database.write(repository.note, credential_id, news.error, news.rejections)
            if self._news.get(credential_id) is news:
                del self._news[credential_id]

    def _so_far(self, credential: OpenCredential) -> int:
        """What this process knows goes before what was stored when the key was opened."""
        known = self._rejections.get(credential.id)
        return credential.rejections if known is None else known

    def _tell(self, credential_id: str, error: CredentialError | None, rejections: int) -> None:
        self._rejections.put(credential_id, rejections)
        earlier = self._news.get(credential_id)
        if earlier is None and len(self._news) >= NOTED_MAX:
            return
        if error is None and earlier is not None:
            error = earlier.error
        self._news[credential_id] = _News(error, rejections)
