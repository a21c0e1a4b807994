"""Media by URL for upstreams that take only data, and uploads for all: fetched once for a request, whatever is tried
(inference.md 10.1, 26).

Runs after the checks of key and money (accounts-and-governance.md ADM-05), and not at all when every URL can be passed
on. `fetch_guard.py` decides where the gateway may go, `fetch_client.py` goes there, `uploads.py` reads uploads.
"""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from trunkline.core.errors import ErrorType, InvalidRequest, TrunklineError
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.fetch_client import MIB, FetchClient, Fetched, FetchFailed
from trunkline.gateway.listener import Listener
from trunkline.gateway.uploads import Uploads
from trunkline.protocols.media_types import OCTETS, UNTOLD, type_of_bytes, type_of_name
from trunkline.protocols.remote_media import FetchedMedia, MediaKind, RemoteMedia

BYTES_MAX: Final[Mapping[MediaKind, int]] = {
    "image": 20 * MIB,
    "file": 50 * MIB,
    "video": 100 * MIB,
    "upload": 50 * MIB,
}
REQUEST_BYTES_MAX: Final = 100 * MIB
"""Of everything that is fetched for one request."""
REQUEST_URLS_MAX: Final = 64
DOWNLOAD_BYTES_MAX: Final = 32 * MIB
"""Of one image that an upstream answers with its address."""
_AT_ONCE_PER_REQUEST: Final = 8
_AT_ONCE: Final = 64

_log = structlog.get_logger("trunkline.fetching")

_RENAMED: Final = {"image/jpg": "image/jpeg", "video/mov": "video/quicktime"}
_TAKEN: Final[Mapping[MediaKind, frozenset[str]]] = {
    "image": frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"}),
    "video": frozenset({"video/mp4", "video/mpeg", "video/quicktime", "video/webm"}),
}
"""Types of each kind (inference.md 10.2, 10.5); files may be of any."""


class MediaFetcher:
    """Fills `Exchange.media`. One per process."""

    def __init__(self, client: FetchClient, uploads: Uploads, *, timeout_s: float = 20.0) -> None:
        """`timeout_s` is for all media of a request together, redirects and waiting for a turn included."""
        self._client = client
        self._uploads = uploads
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def fetch(self, exchange: Exchange, wanted: Sequence[RemoteMedia], listener: Listener | None) -> None:
        """Have the content of everything that is `wanted` in `exchange.media`.

        Raises InvalidRequest, naming the part, for the first that cannot be had; for uploads also NotFound of kind
        `image_not_found`, PayloadTooLarge and ServiceUnavailable. When the client of a stream leaves
        meanwhile, the fetching ends; that error is then one that nobody will see.
        """
        media = exchange.media = exchange.media or FetchedMedia(REQUEST_BYTES_MAX)
        missing = [remote for remote in wanted if remote.key not in media.data_urls]
        if len(media.data_urls) + len(missing) > REQUEST_URLS_MAX:
            raise InvalidRequest(
                f"`{missing[-1].field}` is one URL too many: for one request at most {REQUEST_URLS_MAX} are fetched. "
                "Send the contents as data URLs (data:<type>;base64,<data>).",
                field=missing[-1].field,
            )
        if listener is None:
            await self._fetch_all(missing, exchange, media)
        else:
            await self._fetch_while_wanted(missing, exchange, media, listener)
        for remote in wanted:
            if (failure := media.failures.get(remote.key)) is not None:
                raise failure

    async def download(self, addresses: Sequence[str], *, deadline_s: float) -> dict[str, bytes]:
        """What lies at addresses that an upstream answered with, as far as it can be had by `deadline_s` (loop time).

        The same rules of where the gateway may go hold (10.1): an upstream is a stranger too.
        """
        found: dict[str, bytes] = {}
        budget = FetchedMedia(REQUEST_BYTES_MAX)
        turns = asyncio.Semaphore(_AT_ONCE_PER_REQUEST)
        async with asyncio.TaskGroup() as group:
            for address in addresses:
                group.create_task(self._download_one(address, found, budget, turns, deadline_s))
        return found

    async def _download_one(
        self, address: str, found: dict[str, bytes], budget: FetchedMedia, turns: asyncio.Semaphore, deadline_s: float
    ) -> None:
        try:
            async with asyncio.timeout_at(deadline_s), turns, self._places:
                fetched = await self._client.get(address, DOWNLOAD_BYTES_MAX, budget)
        except (TimeoutError, FetchFailed) as failure:
            _log.warning("an upstream's address could not be fetched", reason=str(failure))
        else:
            found[address] = fetched.body

    async def _fetch_while_wanted(
        self, missing: Sequence[RemoteMedia], exchange: Exchange, media: FetchedMedia, listener: Listener
    ) -> None:
        listener.begin_opening()
        try:
            await self._fetch_all(missing, exchange, media)
        except asyncio.CancelledError:
            if not exchange.client_gone:
                raise
            raise InvalidRequest("The client left while the request's media were fetched.") from None
        finally:
            listener.end_opening()

    async def _fetch_all(self, missing: Sequence[RemoteMedia], exchange: Exchange, media: FetchedMedia) -> None:
        turns = asyncio.Semaphore(_AT_ONCE_PER_REQUEST)
        async with asyncio.TaskGroup() as group:
            for remote in missing:
                if remote.key not in media.failures:
                    group.create_task(self._fetch_one(remote, exchange, media, turns))

    async def _fetch_one(
        self, remote: RemoteMedia, exchange: Exchange, media: FetchedMedia, turns: asyncio.Semaphore
    ) -> None:
        """Put one content, or why there is none, into `media`."""
        bytes_max = BYTES_MAX[remote.kind]
        try:
            async with asyncio.timeout(self._timeout_s), turns, self._places:
                if remote.kind == "upload":
                    workspace_id = exchange.principal.workspace_id
                    media_type, content = await self._uploads.read(workspace_id, remote, bytes_max, media)
                else:
                    fetched = await self._client.get(remote.url, bytes_max, media)
                    media_type, content = media_type_of(fetched), fetched.body
            _check_type(remote, media_type)
        except TimeoutError:
            media.failures[remote.key] = _failure(remote, f"it did not come within {self._timeout_s:g} s")
        except FetchFailed as failure:
            media.failures[remote.key] = _failure(remote, failure.reason)
        except TrunklineError as refusal:
            media.failures[remote.key] = refusal
        else:
            media.data_urls[remote.key] = f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def media_type_of(fetched: Fetched) -> str:
    """By the first bytes, else by the header, else by the URL's ending."""
    told = "" if fetched.content_type in UNTOLD else fetched.content_type
    found = type_of_bytes(fetched.body) or told or type_of_name(fetched.url) or OCTETS
    return _RENAMED.get(found, found)


def _check_type(remote: RemoteMedia, media_type: str) -> None:
    taken = _TAKEN.get(remote.kind)
    if taken is not None and media_type not in taken:
        kinds = ", ".join(sorted(name.partition("/")[2] for name in taken))
        error_type: ErrorType = "unsupported_image_format" if remote.kind == "image" else "invalid_request"
        raise _refusal(remote, f"is of another type than {kinds}", error_type)


def _failure(remote: RemoteMedia, reason: str) -> InvalidRequest:
    error_type: ErrorType = "image_download_failed" if remote.kind == "image" else "invalid_request"
    return _refusal(remote, f"could not be fetched: {reason}", error_type)


def _refusal(remote: RemoteMedia, what: str, error_type: ErrorType) -> InvalidRequest:
    return InvalidRequest(
        f"`{remote.field}` {what}. Name a public file, or send the content as a data URL (data:<type>;base64,<data>).",
        field=remote.field,
        error_type=error_type,
    )
