"""Where a request comes from, for the audit log and for limits of attempts."""

_CHARACTERS_MAX = 64


def client_address(peer: str | None, forwarded: str | None, trusted_proxies: int) -> str | None:
    """The caller's address: the peer's, or what the outermost trusted proxy says of it in `X-Forwarded-For`."""
    if trusted_proxies and forwarded is not None:
        hops = [hop.strip() for hop in forwarded.split(",")]
        return hops[-min(trusted_proxies, len(hops))][:_CHARACTERS_MAX]
    return peer
