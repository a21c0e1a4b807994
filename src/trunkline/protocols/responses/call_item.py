"""A call of a function or of a custom tool in an answer."""

from typing import Final

from trunkline.protocols.lenient_json import compact, label_of, object_of, text_of
from trunkline.protocols.responses.answer_log import AnswerLog, OpenPart
from trunkline.protocols.responses.items import Members, OutputItem
from trunkline.protocols.responses.wire import WireEvent


class CallItem(OutputItem):
    """`function_call`, and `custom_tool_call` whose `input` is any text. A call is told once its name is known."""

    _KNOWN: Final = frozenset(
        {"id", "type", "status", "call_id", "name", "arguments", "input", "item_id", "output_index"}
    )
    _DELTAS: Final = frozenset({"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"})

    def __init__(self, log: AnswerLog, position: int, item: Members) -> None:
        super().__init__(log, position)
        self._early: list[str] = []
        self._call: OpenPart | None = None
        if text_of(item.get("name")):
            self._open(item)

    def grow(self, event: WireEvent) -> None:
        if not event.delta or event.type not in self._DELTAS:
            return
        if self._call is None:
            self._early.append(event.delta)
        else:
            self.log.argue(self._call, event.delta)

    def tell_rest(self, item: Members) -> None:
        call = self._open(item)
        rest = _arguments(item)[call.length :]
        if rest or not call.length:
            self.log.argue(call, rest or "{}")
        self.keep_others(item, self._KNOWN)

    def close(self) -> None:
        """A call that was never named is told without a name."""
        if self._early:
            self._open({})
        super().close()

    def _open(self, item: Members) -> OpenPart:
        if self._call is None:
            call_id = label_of(item.get("call_id")) or label_of(item.get("id")) or ""
            self._call = self.parts["call", 0] = self.log.open_call(call_id, text_of(item.get("name")))
            early, self._early = "".join(self._early), []
            if early:
                self.log.argue(self._call, early)
        return self._call


def _arguments(item: Members) -> str:
    raw = item.get("arguments") or item.get("input")
    return text_of(raw) or (compact(raw).decode() if raw and object_of(raw) else "")
