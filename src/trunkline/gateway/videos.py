"""Video jobs on their way in (inference.md 25.1): routed and held like every request, answered with a job."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from trunkline.catalog.types import Endpoint, Operation
from trunkline.core.errors import TrunklineError
from trunkline.gateway.client import RawHeaders, Send, provider_header, send_whole
from trunkline.gateway.conversion import Conversion, TimeLimit, TravelPolicy
from trunkline.gateway.delivery import identity_of
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.listener import Listener
from trunkline.gateway.one_shape import OneShapeConversion, spoken
from trunkline.gateway.video_jobs import VideoJobs
from trunkline.gateway.whole_delivery import BODY_BYTES_MAX
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.client import ClientFormat
from trunkline.protocols.faults.classify import classify_failure, classify_fault
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.videos.abilities import Film, VideoAbilities, film_of, film_used, video_abilities_of
from trunkline.protocols.videos.request import VideoRequest
from trunkline.protocols.videos.upstreams import VIDEOS
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import UpstreamFailed, UpstreamResponse

_HELD: Final = Film(duration_s=8, resolution="720p", aspect_ratio=None, with_audio=True)
"""What is held for a request that says nothing of its length."""


class InboundVideo(Struct, frozen=True, kw_only=True):
    """Implements `gateway.conversion.Inbound`."""

    request: VideoRequest
    format: ClientFormat
    operation: Operation = "video"
    time_limit: TimeLimit | None = None
    sound_type: str = ""

    @property
    def media_estimate(self) -> tuple[MediaUse, ...]:
        asked = self.request
        film = replace(
            _HELD,
            duration_s=asked.duration_s or _HELD.duration_s,
            resolution=asked.resolution or _HELD.resolution,
            with_audio=asked.generate_audio is not False,
        )
        return film_used(film, asked.num_images)

    def served_by(self, endpoint: Endpoint) -> "InboundVideo":
        return self

    def convert(
        self, endpoint: Endpoint, target: UpstreamTarget, policy: TravelPolicy
    ) -> OneShapeConversion[VideoRequest]:
        name = video_format_of(endpoint)
        return OneShapeConversion(self.request, VIDEOS[name], name, replace(target, protocol=name))


def video_format_of(endpoint: Endpoint) -> str:
    """The format in which a callable endpoint is asked for films."""
    return spoken(endpoint, VIDEOS)


def video_abilities(endpoint: Endpoint) -> VideoAbilities:
    """What is known of the endpoint's model."""
    return video_abilities_of(video_format_of(endpoint), endpoint.provider, endpoint.upstream_model)


class JobDelivery:
    """Implements `gateway.delivery.Delivery`: 202 and a job, once it is written down."""

    __slots__ = ("_headers", "_jobs", "_send", "listener")

    def __init__(self, send: Send, headers: RawHeaders, jobs: VideoJobs) -> None:
        self._send = send
        self._headers = headers
        self._jobs = jobs
        self.listener: Listener | None = None

    async def deliver(
        self, exchange: Exchange, runtime: ProviderRuntime, response: UpstreamResponse, conversion: Conversion
    ) -> Classified | None:
        deadline_s = exchange.received_s + runtime.total_timeout_s
        try:
            data = await response.read_all(BODY_BYTES_MAX, deadline_s=deadline_s)
        except UpstreamFailed as failure:
            return classify_failure(failure.kind)
        facts = exchange.facts = conversion.open_body(data, identity_of(exchange, runtime)).facts
        if facts.fault is not None or facts.upstream_id is None:
            return classify_fault(facts.fault) if facts.fault is not None else classify_failure("protocol")
        assert exchange.candidate is not None and isinstance(exchange.inbound, InboundVideo)
        asked = exchange.inbound.request
        film = film_of(asked, video_abilities(exchange.candidate.endpoint))
        used = film_used(film, asked.num_images)
        # From here on the job has the hold, and the record is written at its end.
        body = await self._jobs.take_on(exchange, conversion.protocol_name, facts.upstream_id, used, asked.callback_url)
        exchange.settled = exchange.durable = exchange.answering = True
        await send_whole(self._send, 202, [*self._headers, provider_header(runtime.provider.name)], body)
        return None

    async def echo(self, exchange: Exchange, runtime: ProviderRuntime, conversion: Conversion, body: bytes) -> None:
        """There is nothing to show it in."""

    async def break_off(self, exchange: Exchange) -> bool:
        """A job is taken on, or it is not."""
        return False

    async def refuse(self, exchange: Exchange, error: TrunklineError) -> bool:
        return False
