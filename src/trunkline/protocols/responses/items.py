"""The items of an answer's `output`: each grows by deltas and is told to its end when it is done.

What a finished item says beyond its deltas is told then; so an item that came without any delta is told whole, and
streams and bodies are read by the same code (inference.md 7.3, 8.2, 17.3, 30.9).
"""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.lenient_json import is_blank
from trunkline.protocols.responses.answer_log import AnswerLog, OpenPart
from trunkline.protocols.responses.wire import WireEvent

PARTS_MAX = 4096
"""More parts than this in one item are not a model's answer."""

Members = dict[str, Raw]


class OutputItem:
    """One item while it is answered. Kinds of items override `grow` and `tell_rest`."""

    def __init__(self, log: AnswerLog, position: int) -> None:
        self.log = log
        self.position = position
        self.parts: dict[tuple[str, int], OpenPart] = {}
        """By what they are and their number in the stream, which some servers count from another start than 0."""
        self.finished = False

    def grow(self, event: WireEvent) -> None:
        """A delta of this item, before it is finished; kinds of deltas that it does not have are read over."""

    def tell_rest(self, item: Members) -> None:
        """The whole item: tell what its deltas did not. By default it is kept, not understood."""
        self.log.keep(f"output[{self.position}]", json.raw(item))

    def finish(self, item: Members) -> None:
        """The item is whole. Only the first call counts."""
        if not self.finished:
            self.tell_rest(item)
            self.close()

    def close(self) -> None:
        """Nothing more comes: close what is open."""
        for part in self.parts.values():
            self.log.close(part)
        self.parts.clear()
        self.finished = True

    def told(self, kind: str) -> list[OpenPart]:
        """The parts of one kind that have begun, in order: the final item's parts of that kind go on with them."""
        return [part for (its_kind, _), part in sorted(self.parts.items()) if its_kind == kind]

    def keep_others(self, item: Members, known: frozenset[str]) -> None:
        """The members of an item that have no meaning here."""
        for name, raw in item.items():
            if name not in known and not is_blank(raw):
                self.log.keep(f"output[{self.position}].{name}", raw)
