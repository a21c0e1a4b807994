"""An upstream's Responses answer, read once: streams and whole bodies share it, so their facts cannot differ."""

from msgspec import Raw, structs

from trunkline.protocols import usage as usages
from trunkline.protocols.answers import Facts, UpstreamTarget
from trunkline.protocols.events import (
    Completed,
    Failed,
    Finished,
    FinishReason,
    GenerationEvent,
    Started,
    UpstreamFault,
)
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.lenient_json import NOTHING, int_of, is_blank, label_of, object_of, objects_of, text_of
from trunkline.protocols.responses.answer_log import AnswerLog
from trunkline.protocols.responses.call_item import CallItem
from trunkline.protocols.responses.items import Members, OutputItem
from trunkline.protocols.responses.message_item import MessageItem
from trunkline.protocols.responses.other_items import ImageItem, SearchItem
from trunkline.protocols.responses.quirks import reasoning_format
from trunkline.protocols.responses.reasoning_item import ReasoningItem

ITEMS_MAX = 4096
"""More items than this are not a model's answer."""


class AnswerReader:
    """Items by their place in `output`, and the response around them."""

    def __init__(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> None:
        self.facts = Facts()
        self.log = AnswerLog(self.facts, exclude_reasoning=exclude_reasoning)
        self.items: dict[int, OutputItem] = {}
        self._by_id: dict[str, OutputItem] = {}
        self._format = reasoning_format(target)
        self._quirks = target.quirks
        self._usage: Raw = NOTHING
        self._reasonings = 0
        self._started = False
        self._ended = False

    def start(self, response: Members) -> None:
        """The upstream began to answer."""
        if not self._started:
            self._started = True
            self.facts.upstream_id = label_of(response.get("id"))
            self.log.append(Started(self.facts.upstream_id))

    def item(self, position: int, kind: str, members: Members) -> OutputItem | None:
        """The item at that place, which begins here if it is new. None beyond all bounds."""
        known = self.items.get(position)
        if known is not None or not 0 <= position < ITEMS_MAX:
            return known
        self.start({})
        item = self.items[position] = self._new(position, kind, members)
        item_id = label_of(members.get("id"))
        if item_id is not None:
            self._by_id[item_id] = item
        return item

    def _new(self, position: int, kind: str, members: Members) -> OutputItem:
        match kind:
            case "message":
                return MessageItem(self.log, position)
            case "reasoning":
                self._reasonings += 1
                return ReasoningItem(self.log, position, members, self._reasonings - 1, self._format)
            case "function_call" | "custom_tool_call":
                return CallItem(self.log, position, members)
            case "image_generation_call":
                return ImageItem(self.log, position)
            case "web_search_call":
                return SearchItem(self.log, position, self.facts)
            case _:
                return OutputItem(self.log, position)

    def by_id(self, item_id: str) -> OutputItem | None:
        """The item of that id, for events that do not tell its place."""
        return self._by_id.get(item_id)

    def conclude(self, response: Members, status: str) -> None:
        """The final response: items that were not told yet, usage, tier, and how it ended."""
        if self.facts.fault is not None:
            return
        self.start(response)
        self._usage = response.get("usage", NOTHING)
        self.facts.service_tier = label_of(response.get("service_tier"))
        error = response.get("error", NOTHING)
        if status not in ("completed", "incomplete") or not is_blank(error):
            self.fail(_failure(error, status))
            return
        self._finish_items(objects_of(response.get("output")))
        for item in self.items.values():
            if not item.finished:
                item.close()
        self._settle_usage(response)
        self._finish(status, text_of(object_of(response.get("incomplete_details")).get("reason")))

    def _finish_items(self, output: list[Raw]) -> None:
        """Every item of the final output is one of the stream's, by id or else by place, or it was never told.

        Ids alone do not do: one provider uses an id for two items, one relay changes them from event to event.
        """
        streamed = dict(self.items)
        for position, raw in enumerate(output):
            members = object_of(raw)
            by_id = self._by_id.get(label_of(members.get("id")) or "")
            item = streamed.pop(position if by_id is None else by_id.position, None)
            if item is None:
                item = self.item(position, text_of(members.get("type")), members)
            if item is not None:
                item.finish(members)

    def _finish(self, status: str, incomplete_reason: str) -> None:
        facts = self.facts
        facts.native_finish_reason = incomplete_reason or status
        reason: FinishReason
        if status == "incomplete":
            # Whatever else cut it short, the answer is not all that the model wanted to say.
            reason = "content_filter" if incomplete_reason == "content_filter" else "length"
        elif facts.tool_call_count:
            reason = "tool_calls"
        else:
            reason = "content_filter" if self.log.has_refusal and not self.log.text_chars else "stop"
        facts.finish_reason = reason

    def _settle_usage(self, response: Members) -> None:
        facts = self.facts
        told = int_of(object_of(object_of(response.get("tool_usage")).get("web_search")).get("num_requests"))
        if told is None:
            details = object_of(object_of(self._usage).get("server_side_tool_usage_details"))
            told = int_of(details.get("web_search_calls"))
        facts.search_count = max(told or 0, facts.search_count)
        if is_blank(self._usage):
            return
        usage = usages.normalise(self._usage, self._quirks)
        if usage.prompt_tokens or usage.completion_tokens:
            facts.usage = structs.replace(usage, web_searches=facts.search_count)

    def fail(self, fault: UpstreamFault) -> None:
        """The answer cannot be completed. The first fault is the one that is told."""
        if self.facts.fault is None:
            self.facts.fault = fault
            self._settle_usage({})
            self.log.append(Failed(fault))

    def end(self) -> list[GenerationEvent]:
        """The bytes ended: the last events. Calling it again gives none."""
        if not self._ended:
            self._ended = True
            facts = self.facts
            if facts.fault is None and facts.finish_reason is None:
                self.fail(UpstreamFault(status=200, message="The answer has no end", truncated=True))
            if facts.fault is None and facts.finish_reason is not None:
                self.log.append(Finished(facts.finish_reason, facts.native_finish_reason))
                self.log.append(Completed(facts.usage, facts.service_tier))
        return self.log.take()


def _failure(error: Raw, status: str) -> UpstreamFault:
    if not is_blank(error):
        return fault_in_answer(error)
    return UpstreamFault(status=200, code=status or None, message="The provider ended without an answer")
