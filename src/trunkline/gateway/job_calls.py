"""Calls about a job that a provider has taken on: at its endpoint, with the key that it was submitted with."""

from collections.abc import Callable

from msgspec import structs

from trunkline.accounts.byok.opening import open_credential
from trunkline.accounts.byok.sealing import SecretBox
from trunkline.catalog.types import Endpoint
from trunkline.gateway.followed import is_same_site
from trunkline.gateway.world import World
from trunkline.protocols.remote_media import is_web_address
from trunkline.protocols.videos.codec import UpstreamCall
from trunkline.providers.adapter import upstream_request
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamResponse
from trunkline.storage.interface import Database
from trunkline.videos.types import VideoJob


class JobCalls:
    """Of one process."""

    __slots__ = ("_box", "_database", "_sandbox", "_upstream", "_world")

    def __init__(
        self, database: Database, box: SecretBox, upstream: Upstream, sandbox: Upstream, world: Callable[[], World]
    ) -> None:
        self._database = database
        self._box = box
        self._upstream = upstream
        self._sandbox = sandbox
        self._world = world

    async def open(
        self, job: VideoJob, call: UpstreamCall, headers: tuple[tuple[str, str], ...] = ()
    ) -> UpstreamResponse | None:
        """The head of the answer. None: its endpoint left the catalog, its provider is off, or its key was deleted.

        Raises UpstreamFailed, also where the provider named an address that is not its own (its key goes nowhere else),
        and StorageUnavailable where the caller's key must be read.
        """
        called = await self._called(job)
        if called is None:
            return None
        endpoint, runtime = called
        request = upstream_request(runtime, endpoint, call.path, call.body, False, protocol=job.protocol)
        if is_web_address(call.path):
            base = upstream_request(runtime, endpoint, "", b"", False, protocol=job.protocol).url
            if not is_same_site(call.path, base):
                raise UpstreamFailed("protocol", "the provider sent us elsewhere with its key")
            request = structs.replace(request, url=call.path)
        request = structs.replace(request, method=call.method, headers=request.headers + headers)
        return await (self._sandbox if runtime.in_process else self._upstream).open(request)

    async def _called(self, job: VideoJob) -> tuple[Endpoint, ProviderRuntime] | None:
        world = self._world()
        model = world.snapshot.models.get(job.model)
        endpoints = model.endpoints if model is not None else ()
        endpoint = next((one for one in endpoints if one.id == job.endpoint_id), None)
        if endpoint is None:
            return None
        if job.credential_id is None:
            runtime = world.providers.by_slug.get(endpoint.provider)
            return None if runtime is None else (endpoint, runtime)
        credential = await self._database.read(open_credential, self._box, job.account_id, job.credential_id)
        opened = None if credential is None else world.own_keys.open_one(credential)
        reached = None if opened is None else opened.access.reach(endpoint)
        return None if opened is None or reached is None else (reached, opened.access.runtime_of(reached))
