"""Tool calls as upstreams send them, made regular (inference.md 8.2, 8.3, 30.9).

Oddities that are taken: no index (position, or the last call), one index for several ids, no id (one is minted),
an id that was used before, the name after the arguments, arguments as an object, the whole arguments repeated, the
legacy `function_call`, calls of custom tools.
"""

import msgspec
from msgspec import Raw, Struct

from trunkline.core import ids
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, compact, int_of, label_of, object_of, text_of

CALLS_MAX = 1024
"""More calls than this in one choice are not a model's answer."""

_READ_MEMBERS = frozenset({"index", "id", "type", "function", "custom"})


class CallFragment(Struct):
    """A piece of one call. The first piece of an `ordinal` has `id` and `name`, later ones have not."""

    ordinal: int
    arguments: str
    id: str | None = None
    name: str | None = None
    extras: dict[str, Raw] = {}
    """Members that the format does not know (a signature, say), as sent."""


class _Call(Struct):
    ordinal: int
    upstream_id: str | None
    extras: dict[str, Raw] = {}
    """Unknown members that came before the name."""
    pieces: list[str] = []
    size: int = 0
    started: bool = False

    def says_something(self) -> bool:
        return self.started or bool(self.pieces) or self.upstream_id is not None

    def arguments(self) -> str:
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""


class CallReader:
    """Reads the `tool_calls` of one choice, fragment by fragment."""

    __slots__ = ("_by_index", "_calls", "_ids")

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._ids: set[str] = set()

    def any(self) -> bool:
        """The model called something."""
        return any(call.says_something() for call in self._calls)

    def read(self, items: list[Raw]) -> list[CallFragment]:
        """The fragments of one delta (or of a whole message), in order."""
        fragments: list[CallFragment] = []
        for position, item in enumerate(items):
            members = object_of(item)
            call = self._call_of(members, position)
            if call is None:
                continue
            function = object_of(members.get("function")) or _custom_call(members.get("custom"))
            extras = {name: raw for name, raw in members.items() if name not in _READ_MEMBERS}
            fragment = self._grow(call, label_of(members.get("id")), function, extras)
            if fragment is not None:
                fragments.append(fragment)
        return fragments

    def read_function_call(self, raw: Raw) -> list[CallFragment]:
        """The legacy `function_call`: a first and only call without an id."""
        function = object_of(raw)
        if not self._calls:
            if not text_of(function.get("name")):
                return []
            self._add(0, None)
        fragment = self._grow(self._calls[0], None, function, {})
        return [] if fragment is None else [fragment]

    def finish(self) -> list[CallFragment]:
        """What the end of the choice still owes: calls whose name never came, and `{}` for calls without arguments."""
        fragments: list[CallFragment] = []
        for call in filter(_Call.says_something, self._calls):
            arguments = call.arguments()
            if not call.started:
                fragments.append(self._start(call, "", arguments or "{}"))
            elif not arguments:
                fragments.append(CallFragment(call.ordinal, "{}"))
            call.pieces = [arguments or "{}"]
        return fragments

    def complete(self) -> bool:
        """There are calls, and the arguments of each are whole JSON or empty."""
        return self.any() and all(_is_json(call.arguments() or "{}") for call in self._calls)

    def _call_of(self, members: dict[str, Raw], position: int) -> _Call | None:
        index = int_of(members.get("index"))
        identifier = label_of(members.get("id"))
        if index is not None:
            known = self._by_index.get(index)
            if known is None or self._is_another(known, identifier, members):
                return self._add(index, identifier)
            return known
        if identifier is not None:
            for call in self._calls:
                if call.upstream_id == identifier:
                    return call
            return self._add(None, identifier)
        if text_of(object_of(members.get("function")).get("name")):
            known = self._by_index.get(position)
            return self._add(position, None) if known is None else self._add(None, None)
        return self._calls[-1] if self._calls else self._add(position, None)

    @staticmethod
    def _is_another(known: _Call, identifier: str | None, members: dict[str, Raw]) -> bool:
        """Some providers count every parallel call as index 0; a new id with a name tells them apart."""
        if identifier is None or known.upstream_id is None or identifier == known.upstream_id:
            return False
        return bool(text_of(object_of(members.get("function")).get("name")))

    def _add(self, index: int | None, identifier: str | None) -> _Call | None:
        if len(self._calls) >= CALLS_MAX:
            return None
        call = _Call(len(self._calls), identifier)
        self._calls.append(call)
        self._by_index[call.ordinal if index is None else index] = call
        return call

    def _grow(
        self, call: _Call, identifier: str | None, function: dict[str, Raw], extras: dict[str, Raw]
    ) -> CallFragment | None:
        if call.upstream_id is None:
            call.upstream_id = identifier
        name = text_of(function.get("name"))
        repeated = call.started and bool(identifier or name)
        arguments = _new_part(call, _arguments_text(function.get("arguments", NOTHING)), repeated=repeated)
        if arguments:
            call.pieces.append(arguments)
            call.size += len(arguments)
        if call.started:
            return CallFragment(call.ordinal, arguments, extras=extras) if arguments or extras else None
        call.extras |= extras
        return self._start(call, name, call.arguments()) if name else None

    def _start(self, call: _Call, name: str, arguments: str) -> CallFragment:
        call.started = True
        identifier = call.upstream_id
        if identifier is None or identifier in self._ids:
            identifier = ids.tool_call_id()
        self._ids.add(identifier)
        return CallFragment(call.ordinal, arguments, identifier, name, call.extras)


def _custom_call(raw: Raw | None) -> dict[str, Raw]:
    """OpenAI's calls of custom tools carry `input`, any text, where a function has arguments."""
    members = object_of(raw)
    return {"name": members.get("name", NOTHING), "arguments": members.get("input", NOTHING)} if members else {}


def _arguments_text(raw: Raw) -> str:
    return text_of(raw) or (compact(raw).decode() if object_of(raw) else "")


def _new_part(call: _Call, fragment: str, *, repeated: bool) -> str:
    """`fragment` without what is known already, where the upstream repeats the whole arguments."""
    if not fragment.startswith("{") or not 0 < call.size <= len(fragment):
        return fragment
    known = call.arguments()
    if fragment.startswith(known) and (known.endswith("}") or (repeated and len(known) > 1)):
        return fragment[len(known) :]
    return fragment


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text, type=Raw)
    except UNREADABLE:
        return False
    return True
