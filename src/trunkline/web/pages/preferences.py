"""What a visitor chooses for this browser: the theme, kept in a cookie that the server reads before it renders."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.core.errors import InvalidRequest
from trunkline.web.context import WebContext
from trunkline.web.forms import own_path, read_form
from trunkline.web.shell import THEME_COOKIE, THEMES

_YEAR_S = 365 * 86_400


def actions(context: WebContext) -> list[Route]:
    """`POST /preferences/theme`."""
    is_secure = context.settings.public_url.startswith("https://")

    async def choose_theme(request: Request) -> Response:
        form = await read_form(request)
        theme = form.get("theme", "")
        if theme not in THEMES:
            raise InvalidRequest(f"There is no theme {theme[:20]!r}; choose one of {', '.join(THEMES)}.", field="theme")
        response = RedirectResponse(own_path(form.get("back", "/")), 303)
        if theme == "system":
            response.delete_cookie(THEME_COOKIE)
        else:
            response.set_cookie(THEME_COOKIE, theme, _YEAR_S, httponly=True, secure=is_secure, samesite="lax")
        return response

    return [Route("/preferences/theme", choose_theme, methods=["POST"])]
