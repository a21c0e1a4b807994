"""Calls and results (inference.md 8.4, 30.3)."""

from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.protocols.gemini.written import FunctionCall, FunctionResponse, WrittenPart
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.requests import ToolCall
from trunkline.protocols.tool_arguments import arguments_object

_NESTED_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"})
"""Media that `functionResponse` may hold."""
_object = msgspec.json.Decoder(dict[str, Raw])


class Result(Struct, frozen=True):
    """One tool message: what it says, and its media as parts."""

    call_id: str
    text: str
    media: list[WrittenPart]


class CallNames:
    """The calls of a conversation by their ids: results are told by function name, which chat does not repeat."""

    __slots__ = ("_ids_are_sent", "_names", "_order")

    def __init__(self, *, ids_are_sent: bool) -> None:
        self._ids_are_sent = ids_are_sent
        self._names: dict[str, str] = {}
        self._order: dict[str, int] = {}

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._names

    def write_call(self, call: ToolCall, signature: str | None) -> WrittenPart:
        """The `functionCall`; its name is remembered for the result."""
        self._names[call.id] = call.name
        self._order[call.id] = len(self._order)
        written = FunctionCall(call.name, arguments_object(call.arguments), self._sent_id(call.id))
        return WrittenPart(function_call=written, thought_signature=UNSET if signature is None else signature)

    def write_results(self, results: list[Result], *, media_inside: bool) -> list[WrittenPart]:
        """`functionResponse` parts in the order of the calls, then the media that they cannot hold."""
        parts: list[WrittenPart] = []
        behind: list[WrittenPart] = []
        for result in sorted(results, key=lambda found: self._order[found.call_id]):
            inside = [part for part in result.media if media_inside and _may_nest(part)]
            behind += [part for part in result.media if part not in inside]
            response = FunctionResponse(
                self._names[result.call_id],
                _response_object(result.text),
                self._sent_id(result.call_id),
                inside or UNSET,
            )
            parts.append(WrittenPart(function_response=response))
        return parts + behind

    def _sent_id(self, call_id: str) -> str | UnsetType:
        return call_id if self._ids_are_sent else UNSET


def _response_object(text: str) -> object:
    """A result that is a JSON object goes as it is, anything else as `output`."""
    if text.lstrip().startswith("{"):
        data = text.encode()
        try:
            _object.decode(data)
        except UNREADABLE:
            return {"output": text}
        return Raw(data)
    return {"output": text}


def _may_nest(part: WrittenPart) -> bool:
    return part.inline_data is not UNSET and part.inline_data.mime_type in _NESTED_TYPES
