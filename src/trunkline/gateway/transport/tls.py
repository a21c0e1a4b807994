"""TLS towards providers: certificates are always verified."""

import ssl
from pathlib import Path


def client_context(extra_ca_file: Path | None = None) -> ssl.SSLContext:
    """The system's certificate authorities, plus those of `extra_ca_file` (PEM); TLS 1.2 or newer; HTTP/1.1 by ALPN.

    One context is shared by all connections. Sessions are not resumed: asyncio has no way to hand one over, and
    keep-alive makes handshakes rare.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if extra_ca_file is not None:
        context.load_verify_locations(cafile=extra_ca_file)
    return context
