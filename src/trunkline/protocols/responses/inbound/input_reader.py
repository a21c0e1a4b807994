"""`input` as the hub's messages (inference.md 17.2).

Reasoning, texts and calls that follow each other are one assistant turn; whatever else comes closes it.
"""

from msgspec import Raw

from trunkline.core import ids, json
from trunkline.protocols.lenient_json import is_blank, text_of
from trunkline.protocols.requests import Message, Part, Refusal, Text, ToolCall
from trunkline.protocols.responses.inbound import wire_items
from trunkline.protocols.responses.inbound.part_reader import PartReader
from trunkline.protocols.responses.inbound.reasoning_reader import ReasoningReader
from trunkline.protocols.responses.inbound.tool_names import CUSTOM_INPUT, ToolName
from trunkline.protocols.responses.inbound.tool_reader import ToolReader
from trunkline.protocols.responses.inbound.wire_items import ClientToolItem, Content, ItemHead
from trunkline.protocols.validation import decode, invalid_prompt
from trunkline.protocols.validation import text_of as shortened

_CALL = "_call"


class InputReader:
    """Reads the items of one request in order. Tools that stand among them go to `tools`."""

    def __init__(self, tools: ToolReader) -> None:
        self.parts = PartReader()
        self._tools = tools
        self._messages: list[Message] = []
        self._said: list[Part] = []
        self._calls: list[ToolCall] = []
        self._images: list[Raw] = []
        self._reasoning = ReasoningReader()
        self._call_ids: set[str] = set()
        self.needs_edit = False
        """Some item is not fit for an upstream of this format as it stands."""

    def read(self, items: list[Raw]) -> tuple[Message, ...]:
        """The conversation. Raises InvalidRequest or InvalidPrompt naming the item."""
        for index, raw in enumerate(items):
            path = f"input[{index}]"
            head = decode(wire_items.head, raw, path)
            self.needs_edit = self.needs_edit or is_foreign(head)
            self._read(head, raw, path)
        self._end_turn()
        return tuple(self._messages)

    def _read(self, head: ItemHead, raw: Raw, path: str) -> None:
        match head.type:
            case None | "message":
                self._read_message(head, raw, path)
            case "reasoning":
                self._reasoning.read(decode(wire_items.reasoning, raw, path))
            case "function_call":
                call = decode(wire_items.function_call, raw, path)
                self._call(call.call_id, ToolName(call.name, call.namespace), call.arguments)
            case "custom_tool_call":
                custom = decode(wire_items.custom_call, raw, path)
                arguments = json.encode({CUSTOM_INPUT: custom.input}).decode()
                self._call(custom.call_id, ToolName(custom.name, custom.namespace, is_custom=True), arguments)
            case "function_call_output" | "custom_tool_call_output":
                self._read_result(raw, path)
            case _:
                self._read_rare(head.type, raw, path)

    def _read_message(self, head: ItemHead, raw: Raw, path: str) -> None:
        if head.type is None and head.role is None:
            raise invalid_prompt(path, "has neither a `type` nor a `role`. Send messages, calls and their results.")
        item = decode(wire_items.message, raw, path)
        parts = self.parts.read(item.content, f"{path}.content")
        if item.role == "assistant":
            self._said += [part for part in parts if not (isinstance(part, Text) and part.text == "")]
            return
        self._end_turn()
        self._messages.append(Message(role=item.role, parts=parts, plain=isinstance(item.content, str)))

    def _call(self, call_id: str, tool: ToolName, arguments: str) -> None:
        self._reasoning.bind(call_id)
        self._call_ids.add(call_id)
        self._calls.append(ToolCall(id=call_id, name=tool.hub_name, arguments=arguments))

    def _read_result(self, raw: Raw, path: str) -> None:
        item = decode(wire_items.output, raw, path)
        if item.call_id not in self._call_ids:
            raise invalid_prompt(
                f"{path}.call_id", "matches no call of an earlier item. Send that call before its result."
            )
        self._result(item.call_id, item.output, f"{path}.output")

    def _result(self, call_id: str, output: Content, path: str) -> None:
        parts = self.parts.read(output, path)
        self._end_turn()
        self._messages.append(Message(role="tool", parts=parts, plain=isinstance(output, str), tool_call_id=call_id))

    def _read_rare(self, kind: str, raw: Raw, path: str) -> None:
        if kind == "image_generation_call":
            result = decode(wire_items.image, raw, path).result
            if result:
                self._images.append(_chat_image(result))
        elif kind == "additional_tools":
            self._tools.read_more(decode(wire_items.tools, raw, path).tools, f"{path}.tools")
        elif kind in wire_items.CLIENT_CALLS:
            self._read_client_call(kind, decode(wire_items.client_tool, raw, path), path)
        elif kind in wire_items.CLIENT_OUTPUTS:
            item = decode(wire_items.client_tool, raw, path)
            call_id = item.call_id or item.id or ""
            if call_id in self._call_ids:
                self._result(call_id, _text(item.output), f"{path}.output")
        elif kind == "item_reference":
            raise invalid_prompt(
                path, "is an `item_reference`, but nothing is stored here. Send the item itself, and the full history."
            )
        elif kind not in wire_items.SERVER_ITEMS and not kind.startswith(wire_items.OWN_PREFIX):
            raise invalid_prompt(
                f"{path}.type", f"is '{shortened(kind)}', which is no item of this API. Leave the item out."
            )

    def _read_client_call(self, kind: str, item: ClientToolItem, path: str) -> None:
        """A call that the client ran: of a function of that name, to those who do not have the tool."""
        call_id = item.call_id or item.id or ""
        asked = next((raw for raw in (item.arguments, item.action, item.operation) if not is_blank(raw)), Raw(b"{}"))
        self._call(call_id, ToolName(item.name or kind.removesuffix(_CALL)), _text(asked))
        if kind == "mcp_call" and not is_blank(item.output):
            self._result(call_id, _text(item.output), f"{path}.output")

    def _end_turn(self) -> None:
        """The assistant's turn, if one has begun. Reasoning alone led to nothing that was said: it goes with it."""
        details = self._reasoning.take()
        if not (self._said or self._calls or self._images or details):
            return
        said = tuple(self._said)
        self._messages.append(
            Message(
                role="assistant",
                parts=said,
                plain=len(said) == 1 and not isinstance(said[0], Refusal),
                tool_calls=tuple(self._calls),
                reasoning_details=details,
                images=tuple(self._images),
            )
        )
        self._said, self._calls, self._images = [], [], []


def is_foreign(head: ItemHead) -> bool:
    """Whether an upstream of this format may have to be sent the item in another form, or not at all."""
    kind = head.type or ""
    is_ours = kind.startswith(wire_items.OWN_PREFIX) or (head.id is not None and ids.is_minted_item_id(head.id))
    return kind == "reasoning" or bool(is_ours)


def _text(raw: Raw) -> str:
    """A string's text, anything else as the JSON that it is."""
    return text_of(raw) or ("" if is_blank(raw) or raw == b'""' else bytes(raw).decode())


def _chat_image(result: str) -> Raw:
    url = result if result.startswith(("data:", "http://", "https://")) else f"data:image/png;base64,{result}"
    return json.raw({"type": "image_url", "image_url": {"url": url}})
