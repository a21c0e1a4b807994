"""Bodies that a server compressed although we asked for `identity`.

Decoding is lazy and bounded: what has arrived stays compressed until it is taken, and one take yields at most
`TAKE_BYTES_MAX`, so a few hundred bytes that unfold to gigabytes (a "zip bomb") cost a reader's patience, not memory.
"""

import zlib
from typing import Literal

from trunkline.providers.upstream import UpstreamFailed

TAKE_BYTES_MAX = 256 * 1024

Coding = Literal["gzip", "deflate"]

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_SIGNATURE_BYTES = 2
"""By these zlib tells a wrapped body from a raw one."""


class ContentDecoder:
    """One compressed body: `feed` what came once `take` has nothing more to give."""

    __slots__ = ("_coding", "_inflate", "_more", "_pending", "_started")

    def __init__(self, coding: Coding) -> None:
        self._coding: Coding = coding
        self._pending = b""
        self._more = False
        self._started = False
        self._inflate = zlib.decompressobj(_GZIP_WINDOW if coding == "gzip" else zlib.MAX_WBITS)

    def feed(self, data: bytes) -> None:
        """Add compressed bytes."""
        self._pending = self._pending + data if self._pending else data

    def take(self) -> bytes:
        """The next plain bytes; `b""` when none can be had yet. Raises UpstreamFailed("protocol")."""
        if not self._started and len(self._pending) < _SIGNATURE_BYTES:
            return b""
        while self._pending or self._more:
            try:
                plain = self._inflate.decompress(self._pending, TAKE_BYTES_MAX)
            except zlib.error as error:
                if self._coding == "deflate" and not self._started:
                    # RFC 9110 8.4.1.2: some servers send raw deflate without the zlib wrapper.
                    self._started = True
                    self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
                    continue
                raise UpstreamFailed("protocol", f"the {self._coding} body is damaged: {error}") from error
            self._started = True
            self._more = len(plain) == TAKE_BYTES_MAX
            self._pending = self._inflate.unconsumed_tail
            if self._inflate.eof:
                self._next_member()
            if plain:
                return plain
        return b""

    def _next_member(self) -> None:
        """gzip allows several members in a row; anything else after the end is an error."""
        self._more = False
        rest = self._inflate.unused_data
        if not rest:
            self._pending = b""
            return
        if self._coding != "gzip":
            raise UpstreamFailed("protocol", "bytes follow the end of the deflate body")
        self._pending = rest
        self._inflate = zlib.decompressobj(_GZIP_WINDOW)

    def close(self) -> None:
        """The body has ended. Raises UpstreamFailed("protocol") if the compressed stream has not."""
        if (self._started or self._pending) and not self._inflate.eof:
            raise UpstreamFailed("protocol", f"the {self._coding} body ends in the middle")
