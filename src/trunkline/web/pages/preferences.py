"""What a visitor chooses for this browser: the theme, kept in a cookie that the server reads before it renders."""

from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.core.errors import InvalidRequest, PayloadTooLarge
from trunkline.web.context import WebContext
from trunkline.web.shell import THEME_COOKIE, THEMES

_YEAR_S = 365 * 86_400
_FORM_BYTES_MAX = 4096


def actions(context: WebContext) -> list[Route]:
    """`POST /preferences/theme`."""
    is_secure = context.settings.public_url.startswith("https://")

    async def choose_theme(request: Request) -> Response:
        form = await read_form(request)
        theme = form.get("theme", "")
        if theme not in THEMES:
            raise InvalidRequest(f"There is no theme {theme[:20]!r}; choose one of {', '.join(THEMES)}.", field="theme")
        response = RedirectResponse(_own_path(form.get("back", "/")), 303)
        if theme == "system":
            response.delete_cookie(THEME_COOKIE)
        else:
            response.set_cookie(THEME_COOKIE, theme, _YEAR_S, httponly=True, secure=is_secure, samesite="lax")
        return response

    return [Route("/preferences/theme", choose_theme, methods=["POST"])]


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a small form, the last of each name. Raises PayloadTooLarge."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES_MAX:
            raise PayloadTooLarge(f"The form has more than {_FORM_BYTES_MAX} bytes.")
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _own_path(path: str) -> str:
    """A path of this site, whatever was sent: never another host."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    return path
