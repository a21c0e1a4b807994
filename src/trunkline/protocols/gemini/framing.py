"""How a stream of this format is cut: server-sent events, or one JSON array that grows (without `alt=sse`)."""

import re

from trunkline.protocols.sse import EVENT_BYTES_MAX, EventTooLarge, SseParser

_BLANK = b" \t\r\n\xef\xbb\xbf"
"""White space and the bytes of a byte order mark, which may come one by one."""
_IN_STRING = re.compile(rb'["\\]')
_STRUCTURE = re.compile(rb'["{}]')


class StreamFrames:
    """Cuts a stream into its JSON objects. The first byte tells which of the two framings it has."""

    __slots__ = ("_parser",)

    def __init__(self) -> None:
        self._parser: SseParser | JsonArrayParser | None = None

    @property
    def stray(self) -> bytes:
        """The beginning of what was neither."""
        return self._parser.stray if isinstance(self._parser, SseParser) else b""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete with `data`. Raises EventTooLarge."""
        if self._parser is None:
            data = data.lstrip(_BLANK)
            if not data:
                return []
            self._parser = JsonArrayParser() if data[:1] in (b"[", b"{") else SseParser()
        return self._parser.feed(data)

    def close(self) -> list[bytes]:
        """A last event that lacks only its empty line."""
        return self._parser.close() if isinstance(self._parser, SseParser) else []


class JsonArrayParser:
    """The objects of a JSON array, or an object that stands alone, as each becomes complete.

    Every byte is looked at once; an object is put together when its last brace has come.
    """

    __slots__ = ("_depth", "_escaped", "_in_string", "_pieces", "_size")

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The objects that are complete with `data`. Raises EventTooLarge."""
        objects: list[bytes] = []
        begin = position = 0
        while position < len(data):
            if self._in_string:
                position = self._skip_string(data, position)
                continue
            match = _STRUCTURE.search(data, position)
            if match is None:
                break
            position = match.end()
            mark = match[0]
            if mark == b'"':
                self._in_string = True
            elif mark == b"{":
                if self._depth == 0:
                    begin = match.start()
                self._depth += 1
            elif self._depth > 0:
                self._depth -= 1
                if self._depth == 0:
                    objects.append(b"".join((*self._pieces, data[begin:position])))
                    self._pieces.clear()
                    self._size = 0
        if self._depth > 0:
            self._keep(data[begin:])
        return objects

    def _skip_string(self, data: bytes, position: int) -> int:
        """Where the string goes on outside this read, or the position after its end."""
        if self._escaped:
            self._escaped = False
            return position + 1
        match = _IN_STRING.search(data, position)
        if match is None:
            return len(data)
        if match[0] == b"\\":
            self._escaped = True
        else:
            self._in_string = False
        return match.end()

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > EVENT_BYTES_MAX:
            raise EventTooLarge(f"an object of the stream is larger than {EVENT_BYTES_MAX:,} bytes")
