"""`/chat/artifact`: the empty page in which HTML that a model wrote runs (site.md CHAT-18).

The chat puts it into a frame and sends it the HTML, once. Its policy makes it a stranger to this site, wherever it is
opened: no cookies, no storage, no network, no way to leave its frame. The page around it allows frames of this site
only, so that the frame cannot go anywhere else either.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

POLICY = "; ".join(
    (
        "sandbox allow-scripts",
        "default-src 'none'",
        "script-src 'unsafe-inline'",
        "style-src 'unsafe-inline'",
        "img-src data: blob:",
        "media-src data: blob:",
        "font-src data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-dns-prefetch-control": "off",
    "cache-control": "public, max-age=3600",
}
_PAGE = (Path(__file__).parents[1] / "static" / "artifact.html").read_bytes()


def routes() -> list[Route]:
    """The page."""

    async def show(_: Request) -> Response:
        return Response(_PAGE, headers=_HEADERS, media_type="text/html; charset=utf-8")

    return [Route("/chat/artifact", show)]
