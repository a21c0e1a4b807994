"""On which line a key of a TOML text stands. `tomllib` does not tell, and a message without a line is half a message.

The text is known to be valid (tomllib read it first), so this scanner only finds its way: it knows strings, comments
and brackets, and understands no values.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from trunkline.configuration.errors import KeyPath

_TOKEN = re.compile(
    r'(?P<string>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<comment>#[^\n]*)"
    r"|(?P<mark>[\[\]{}=,.\n])"
    r"|(?P<bare>[^\s\[\]{}=,.\"'#]+)",
    re.DOTALL,
)

_Kind = Literal["string", "mark", "bare"]


class _Token(Struct, frozen=True):
    kind: _Kind
    text: str
    line: int
    start: int


def key_positions(text: str) -> Mapping[KeyPath, int]:
    """Line (from 1) of every table header, key and list item of a valid TOML text."""
    return _Scanner(_tokens(text)).scan()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    line = 1
    counted = 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        if match.lastgroup == "string" or match.lastgroup == "mark" or match.lastgroup == "bare":
            tokens.append(_Token(match.lastgroup, match.group(), line, match.start()))
    tokens.append(_Token("mark", "\n", line, len(text)))
    return tokens


class _Scanner:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._lines: dict[KeyPath, int] = {}
        self._list_lengths: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._next < len(self._tokens):
            token = self._tokens[self._next]
            if token.text == "\n" and token.kind == "mark":
                self._next += 1
            elif token.text == "[" and token.kind == "mark":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _is_mark(self, marks: str) -> bool:
        token = self._tokens[self._next]
        return token.kind == "mark" and token.text in marks

    def _header(self) -> KeyPath:
        """`[a.b]` or `[[a.b]]`: the path that the following keys are relative to."""
        line = self._tokens[self._next].line
        self._next += 1
        opens_item = self._is_mark("[")
        if opens_item:
            self._next += 1
        path: KeyPath = ()
        for name in self._key():
            path = self._last_item((*path, name))
        if opens_item:
            written = path[:-1] if path and isinstance(path[-1], int) else path
            index = self._list_lengths.get(written, 0)
            self._list_lengths[written] = index + 1
            self._lines.setdefault(written, line)
            path = (*written, index)
        self._next += 2 if opens_item else 1
        self._lines.setdefault(path, line)
        return path

    def _last_item(self, path: KeyPath) -> KeyPath:
        """A name of a list of tables means its last item."""
        length = self._list_lengths.get(path)
        return path if length is None else (*path, length - 1)

    def _key(self) -> list[str]:
        """A dotted key, up to the `=` or `]` that ends it."""
        names: list[str] = []
        while not self._is_mark("]="):
            token = self._tokens[self._next]
            if token.kind != "mark":
                names.append(_unquoted(token))
            self._next += 1
        return names

    def _pair(self, table: KeyPath) -> None:
        line = self._tokens[self._next].line
        path = table
        for name in self._key():
            path = (*path, name)
            self._lines.setdefault(path, line)
        self._next += 1
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._is_mark("{"):
            self._next += 1
            while not self._is_mark("}"):
                if self._is_mark(",\n"):
                    self._next += 1
                else:
                    self._pair(path)
            self._next += 1
        elif self._is_mark("["):
            self._items(path)
        else:
            while not self._is_mark(",]}\n"):
                self._next += 1

    def _items(self, path: KeyPath) -> None:
        self._next += 1
        index = 0
        while not self._is_mark("]"):
            if self._is_mark(",\n"):
                self._next += 1
                continue
            self._lines.setdefault((*path, index), self._tokens[self._next].line)
            self._value((*path, index))
            index += 1
        self._next += 1


def _unquoted(token: _Token) -> str:
    if token.kind == "bare":
        return token.text
    name: str = tomllib.loads(f"x = {token.text}")["x"]
    return name
