"""Hears whether anybody connects, and what the first line says."""

import socket
import threading
from types import TracebackType
from typing import Self


class Ear:
    """A listener on a free loopback port. `heard`: the first line of each connection, empty for a silent one."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    self.heard.append(connection.recv(200).decode("latin-1").partition("\r\n")[0])
                except TimeoutError:
                    self.heard.append("")
