"""`GET /metrics` (operating.md OP-40): Prometheus text for this machine, or for whoever has the token."""

import hmac
import ipaddress

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from trunkline.observability.metrics import CONTENT_TYPE, GatewayMetrics
from trunkline.settings import Settings

_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "via")
"""With one of these the request came through a proxy: the socket's peer is the proxy, not the caller."""


def routes(metrics: GatewayMetrics, settings: Settings) -> list[Route]:
    """The one route, to stand at the root of the server (not under the API root)."""
    token = settings.server.metrics_token

    async def endpoint(request: Request) -> Response:
        if not (_from_this_machine(request) or (token is not None and _bears(request, token))):
            return _refusal(token)
        return Response(metrics.render(), media_type=None, headers={"content-type": CONTENT_TYPE})

    return [Route("/metrics", endpoint, methods=["GET"])]


def _from_this_machine(request: Request) -> bool:
    """Whether the peer is a loopback address that speaks for itself.

    A forwarding header always ends that, whatever `server.trusted_proxies` says: a proxy on this machine would
    otherwise make every caller local, and an address inside such a header can be invented by the caller.
    """
    if request.client is None or any(name in request.headers for name in _FORWARDING):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def _bears(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode(), token.encode())
    return matches and scheme.lower() == "bearer"


def _refusal(token: str | None) -> Response:
    if token is None:
        return PlainTextResponse(
            "Metrics are shown to this machine only. Set server.metrics_token to read them from elsewhere.\n", 403
        )
    return PlainTextResponse(
        "Send server.metrics_token as `Authorization: Bearer …`.\n", 401, headers={"www-authenticate": "Bearer"}
    )
