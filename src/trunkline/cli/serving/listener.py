"""The listening socket. It is bound before anything else happens: a port in use must cost nothing, not even the
first-start text that is shown only once."""

import errno
import socket

_BACKLOG = 2_048


class CannotListen(Exception):
    """The address cannot be listened on; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port` (0: a free one). Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise CannotListen(f"server.host {host!r} is no address of this machine: {error.strerror}") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(_reason(host, port, error)) from None
    listener.setblocking(False)
    return listener


def port_of(listener: socket.socket) -> int:
    """The port that it really has."""
    port: int = listener.getsockname()[1]
    return port


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is in use: another program, or another Trunkline, listens on {host}:{port}; "
            f"end it, or choose another port with --port or [server] port"
        )
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by this user; choose one above 1023 with --port or [server] port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"server.host {host} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all of them"
    return f"cannot listen on {host}:{port}: {error.strerror}"
