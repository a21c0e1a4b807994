"""Calls of tools in an answer: of functions, streamed; of custom tools, told at once (inference.md 17.2, 17.3)."""

from msgspec import Raw

from trunkline.protocols.lenient_json import object_of, quoted, text_of
from trunkline.protocols.responses.inbound.event_writer import PLAIN_TAIL, EventWriter, delta_head
from trunkline.protocols.responses.inbound.item_writer import ItemPlace, ItemStatus, ItemWriter, minted_id
from trunkline.protocols.responses.inbound.tool_names import CUSTOM_INPUT, ToolName


class CallWriter(ItemWriter):
    """A call whose arguments grow. Nobody should act on half of them, so it has no partial form."""

    __slots__ = ("_arguments", "_place", "_tool", "whole")

    def __init__(self, place: ItemPlace, call_id: str, tool: ToolName) -> None:
        self._place = place
        namespace = b"" if tool.namespace is None else b',"namespace":' + quoted(tool.namespace)
        self._tool = b'"call_id":%b,"name":%b%b' % (quoted(call_id), quoted(tool.name), namespace)
        self._arguments: list[str] = []
        self.whole = b""

    def argue(self, arguments: str) -> bytes:
        """More of the arguments, as the model writes them."""
        self._arguments.append(arguments)
        return b""

    def end_part(self) -> bytes:
        return b""

    def partial(self) -> None:
        return None


class FunctionCallWriter(CallWriter):
    """`function_call`."""

    __slots__ = ("_head", "_name")

    def __init__(self, writer: EventWriter, output_index: int, call_id: str, tool: ToolName) -> None:
        super().__init__(ItemPlace(writer, output_index, minted_id("fc")), call_id, tool)
        self._name = quoted(tool.name)
        self._head = delta_head("response.function_call_arguments.delta", self._place.members)

    def open(self) -> bytes:
        return self._place.added(self._item(b'""', b"in_progress"))

    def argue(self, arguments: str) -> bytes:
        super().argue(arguments)
        return self._place.writer.delta(self._head, arguments, PLAIN_TAIL)

    def close(self, status: ItemStatus) -> bytes:
        out = b"" if any(self._arguments) else self.argue("{}")
        arguments = quoted("".join(self._arguments))
        members = b'%b,"name":%b,"arguments":%b' % (self._place.members, self._name, arguments)
        out += self._place.writer.event("response.function_call_arguments.done", members)
        self.whole = self._item(arguments, status.encode("ascii"))
        return out + self._place.done(self.whole)

    def _item(self, arguments: bytes, status: bytes) -> bytes:
        return b'{"id":%b,"type":"function_call",%b,"arguments":%b,"status":"%b"}' % (
            self._place.id,
            self._tool,
            arguments,
            status,
        )


class CustomCallWriter(CallWriter):
    """`custom_tool_call` of a model that only knows functions: its input is in the arguments, readable when whole."""

    __slots__ = ()

    def __init__(self, writer: EventWriter, output_index: int, call_id: str, tool: ToolName) -> None:
        super().__init__(ItemPlace(writer, output_index, minted_id("ctc")), call_id, tool)

    def open(self) -> bytes:
        return self._place.added(self._item(b'""', b"in_progress"))

    def close(self, status: ItemStatus) -> bytes:
        text = _custom_input("".join(self._arguments))
        head = delta_head("response.custom_tool_call_input.delta", self._place.members)
        out = self._place.writer.delta(head, text, PLAIN_TAIL)
        members = b'%b,"input":%b' % (self._place.members, quoted(text))
        out += self._place.writer.event("response.custom_tool_call_input.done", members)
        self.whole = self._item(quoted(text), status.encode("ascii"))
        return out + self._place.done(self.whole)

    def _item(self, input: bytes, status: bytes) -> bytes:
        return b'{"id":%b,"type":"custom_tool_call",%b,"input":%b,"status":"%b"}' % (
            self._place.id,
            self._tool,
            input,
            status,
        )


def _custom_input(arguments: str) -> str:
    """The text that the model meant; what it wrote without the agreed member is taken as it stands."""
    members = object_of(Raw(arguments.encode("utf-8", "replace")))
    return text_of(members[CUSTOM_INPUT]) if CUSTOM_INPUT in members else arguments
