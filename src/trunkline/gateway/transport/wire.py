"""HTTP/1.1 as bytes: the head of a request, and a response read piece by piece. No sockets, no clock, no await.

llhttp (through httptools) refuses by itself what request smuggling lives on: Content-Length beside Transfer-Encoding,
repeated, signed or overflowing lengths, bare LF, folded headers, white space before a colon, malformed chunks.
Refused here in addition: transfer codings other than one `chunked`, unknown versions, upgrades, heads and trailers
without end.
"""

from collections.abc import Iterable, Mapping

import httptools

from trunkline.gateway.transport.content_encoding import Coding, ContentDecoder
from trunkline.providers.upstream import UpstreamFailed

HEAD_BYTES_MAX = 64 * 1024
HEADERS_MAX = 256

_OURS = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding"})
_CODINGS: Mapping[str, Coding] = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_VERSIONS = frozenset({"1.0", "1.1"})
_SWITCHING_PROTOCOLS = 101
_FIRST_FINAL_STATUS = 200


def request_head(
    method: str, path: str, host: str, headers: Iterable[tuple[str, str]], body_bytes: int | None
) -> bytes:
    """A request's head up to and including the empty line. `body_bytes` None: no Content-Length (CONNECT).

    Raises UpstreamFailed("protocol") for a header that cannot be sent as it is: control characters (which would
    let a value end its line and begin another), text outside Latin-1, or a name that belongs to the transport.
    """
    lines = [f"{method} {path} HTTP/1.1\r\nhost: {host}\r\naccept-encoding: identity\r\n"]
    for name, value in headers:
        if name.lower() in _OURS:
            raise UpstreamFailed("protocol", f"the header {name!r} is set by the transport and cannot be given")
        lines.append(f"{name}: {value}\r\n")
    if body_bytes is not None:
        lines.append(f"content-length: {body_bytes}\r\n")
    lines.append("\r\n")
    head = "".join(lines)
    line_ends = len(lines) + 2  # the first entry holds three
    if head.count("\n") != line_ends or head.count("\r") != line_ends or "\0" in head:
        raise UpstreamFailed("protocol", "a header of the request holds a control character")
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError as error:
        raise UpstreamFailed("protocol", "a header of the request holds text outside Latin-1") from error


class ResponseReader:
    """One response, fed as bytes arrive. `headers` has names in lower case, of repeated ones the last.

    `head_complete`: `status` and `headers` are valid. `complete`: the last byte of the body was fed (it may still
    wait in `take`). `keep_alive`: after `complete`, the connection may carry another request. `buffered_bytes`:
    what waits, as it came over the wire.
    """

    __slots__ = (
        "_bodiless",
        "_carried_body",
        "_decoder",
        "_head_bytes",
        "_header_count",
        "_idle_bytes",
        "_parser",
        "_parts",
        "_refusal",
        "_until_close",
        "buffered_bytes",
        "complete",
        "head_complete",
        "headers",
        "keep_alive",
        "status",
    )

    def __init__(self, *, bodiless: bool = False) -> None:
        """`bodiless`: the answer to HEAD or CONNECT, which ends with its head whatever its headers say."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.head_complete = False
        self.complete = False
        self.keep_alive = False
        self.buffered_bytes = 0
        self._bodiless = bodiless
        self._until_close = False
        self._parts: list[bytes] = []
        self._decoder: ContentDecoder | None = None
        self._header_count = 0
        self._head_bytes = 0
        self._idle_bytes = 0
        self._carried_body = False
        self._refusal: str | None = None
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)

    @property
    def started(self) -> bool:
        """Whether any byte of an answer has come."""
        return self._idle_bytes > 0 or self.head_complete

    @property
    def is_coded(self) -> bool:
        """Whether the body is compressed, so that `take` must be called until it gives nothing."""
        return self._decoder is not None

    def feed(self, data: bytes) -> None:
        """Read on. Raises UpstreamFailed("protocol"). Bytes after the end only forbid reuse of the connection."""
        parser = self._parser
        if parser is None:
            self.keep_alive = False
            return
        self._carried_body = False
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._parser = None
            if self.complete:
                self.keep_alive = False
                return
            raise UpstreamFailed("protocol", self._refusal or f"malformed HTTP: {error}") from error
        if self.complete:
            self._parser = None  # ends the cycle parser -> our callbacks -> parser
        elif not self._carried_body:
            self._bound_idle_bytes(len(data))

    def feed_eof(self) -> None:
        """The peer will send nothing more. Raises UpstreamFailed("reset") when that is too early."""
        self._parser = None
        self.keep_alive = False
        if self.complete:
            return
        if not self._until_close:
            where = "in the body" if self.head_complete else "before the head was complete"
            raise UpstreamFailed("reset", f"the provider closed the connection {where}")
        self.complete = True

    def abandon(self) -> None:
        """Nothing more will be fed: let go of the parser, which refers back to this reader."""
        self._parser = None

    def take(self) -> bytes:
        """All body bytes that wait, or `b""`. Compressed bodies come in bounded steps: take until `b""`.

        Raises UpstreamFailed("protocol") for a compressed body that is damaged.
        """
        decoder = self._decoder
        if decoder is None:
            parts = self._parts
            if len(parts) != 1:
                return self._take_parts()
            self.buffered_bytes = 0
            return parts.pop()
        while not (data := decoder.take()):
            compressed = self._take_parts()
            if not compressed:
                if self.complete:
                    decoder.close()
                return b""
            decoder.feed(compressed)
        return data

    def _take_parts(self) -> bytes:
        parts = self._parts
        if not parts:
            return b""
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self.buffered_bytes = 0
        return data

    def _bound_idle_bytes(self, count: int) -> None:
        """Heads, interim answers, chunk extensions and trailers could go on for ever without a byte of body."""
        self._idle_bytes += count
        if self._idle_bytes > HEAD_BYTES_MAX:
            self._parser = None
            raise UpstreamFailed("protocol", f"more than {HEAD_BYTES_MAX} bytes of headers or framing without a body")

    def _refuse(self, detail: str) -> None:
        self._refusal = detail
        raise UpstreamFailed("protocol", detail)  # httptools turns it into HttpParserCallbackError

    # What llhttp calls. An exception here ends the parsing.

    def on_message_begin(self) -> None:
        if self.complete:
            self._refuse("a second response followed the first")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._head_bytes += len(name) + len(value)
        if self._header_count > HEADERS_MAX or self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(f"more than {HEADERS_MAX} headers or {HEAD_BYTES_MAX} bytes of them")
        if self.head_complete:
            return  # trailers: nobody reads them
        key = name.decode("latin-1").lower()
        if key == "transfer-encoding" and key in self.headers:
            self._refuse("Transfer-Encoding is repeated")
        self.headers[key] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        parser = self._parser
        assert parser is not None
        status = parser.get_status_code()
        if parser.get_http_version() not in _VERSIONS:
            self._refuse(f"the answer is HTTP/{parser.get_http_version()}, not HTTP/1.1")
        if status < _FIRST_FINAL_STATUS:
            if status == _SWITCHING_PROTOCOLS:
                self._refuse("the provider switched protocols unasked")
            return
        self.status = status
        self._read_framing(self.headers, status)
        self.head_complete = True
        self.keep_alive = parser.should_keep_alive()
        if self._bodiless:
            self.complete = True

    def _read_framing(self, headers: Mapping[str, str], status: int) -> None:
        transfer = headers.get("transfer-encoding")
        if transfer is not None and transfer.strip().lower() != "chunked":
            self._refuse(f"Transfer-Encoding {transfer[:40]!r} is not supported")
        self._until_close = transfer is None and "content-length" not in headers and status not in (204, 304)
        encoding = headers.get("content-encoding")
        if encoding is None or self._bodiless:
            return
        coding = encoding.strip().lower()
        if coding in _CODINGS:
            self._decoder = ContentDecoder(_CODINGS[coding])
        elif coding not in ("", "identity"):
            self._refuse(f"Content-Encoding {encoding[:40]!r} is not supported")

    def on_body(self, body: bytes) -> None:
        if self.complete:
            self._refuse("a body where none may be")
        self._carried_body = True
        self._idle_bytes = 0
        self._parts.append(body)
        self.buffered_bytes += len(body)

    def on_message_complete(self) -> None:
        if self.head_complete:
            self.complete = True
        else:
            self.headers.clear()  # an interim answer (1xx): the real one follows
