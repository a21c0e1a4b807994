"""What people send: small forms, without scripts, from this site's own pages only."""

import hmac
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

from trunkline.accounts.browsers import form_token as form_token
from trunkline.core.errors import PayloadTooLarge, PermissionDenied

FORM_BYTES_MAX = 16_384
"""The largest is a passkey's answer: two or three thousand bytes, percent-encoded."""
TOKEN_FIELD = "form_token"  # noqa: S105 -- the name of a field
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\\]")


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a small form, the last of each name. Raises PayloadTooLarge."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise PayloadTooLarge(f"The form has more than {FORM_BYTES_MAX} bytes.")
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def own_path(path: str) -> str:
    """A path of this site, whatever was sent: never another host, never a second header."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//") or _UNPRINTABLE.search(path):
        return "/"
    return path


def require_token(form: Mapping[str, str], expected: str) -> None:
    """Raises PermissionDenied unless the form came from a page that we made for this visitor."""
    if not hmac.compare_digest(form.get(TOKEN_FIELD, "").encode("utf-8"), expected.encode("utf-8")):
        raise PermissionDenied(
            "The form is too old, or came from elsewhere. Open the page again and send it from there."
        )
