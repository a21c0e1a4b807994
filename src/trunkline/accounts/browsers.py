"""What tells a page of this site from any other page that a browser shows (operating.md OP-52, API-04)."""

import hmac

_OWN = ("same-origin",)
_OWN_OR_TYPED = ("same-origin", "none")


def session_cookie_name(public_url: str) -> str:
    """The cookie of a session. Over https no other host, no subdomain and no plain connection can set it."""
    return f"{'__Host-' if public_url.startswith('https://') else ''}trunkline_session"


def form_token(secret: str) -> str:
    """What everything that a visitor's pages send carries beside the cookie with `secret` (operating.md OP-52).

    Another site can make a browser send the cookie; it cannot read it, nor reckon this from nothing.
    """
    return hmac.digest(secret.encode("utf-8"), b"trunkline form", "sha256").hex()


def is_form_token(presented: str, secret: str) -> bool:
    """Whether a page that was made for the owner of `secret` sent this."""
    return hmac.compare_digest(presented.encode("utf-8"), form_token(secret).encode("utf-8"))


def is_own_page(
    sec_fetch_site: str | None, origin: str | None, host: str | None, *, allows_typed: bool, allows_silence: bool
) -> bool:
    """Whether a request comes from a page of this host, by what browsers say of it and scripts cannot forge.

    `allows_typed`: also what no page began, such as an address that was typed. `allows_silence`: also a browser that
    says nothing: old ones, and all of them about reading on plain http.
    """
    if sec_fetch_site is not None:
        return sec_fetch_site in (_OWN_OR_TYPED if allows_typed else _OWN)
    if origin is not None:
        return origin.partition("://")[2] == host
    return allows_silence
