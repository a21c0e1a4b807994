"""The edits of what a Responses upstream answers: everything else keeps its bytes (inference.md 17.5).

Ours are the id and the model, the cost in `usage`, and what the caller said of itself and the upstream was not told.
Reasoning that only its own provider can read says whose it is, unless it is OpenAI's, which is understood. Members
that strict clients insist on are added where a compatible server leaves them out.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import AnswerIdentity, UsageReport
from trunkline.protocols.lenient_json import NULL, is_blank, list_of, object_of, text_of
from trunkline.protocols.responses.inbound.reasoning_reader import SEALED_FORMAT
from trunkline.protocols.responses.inbound.usage import cost_members, usage_json

_ABOUT_THE_CALLER: Final = ("safety_identifier", "user", "metadata")
_EMPTY_OBJECT: Final = Raw(b"{}")
_INSISTED_ON: Final = (
    ("completed_at", NULL),
    ("error", NULL),
    ("incomplete_details", NULL),
    ("temperature", NULL),
    ("top_p", NULL),
    ("presence_penalty", NULL),
    ("frequency_penalty", NULL),
    ("instructions", NULL),
    ("metadata", _EMPTY_OBJECT),
    ("tools", Raw(b"[]")),
    ("tool_choice", Raw(b'"auto"')),
    ("parallel_tool_calls", Raw(b"true")),
)
"""What strict clients miss, and some compatible servers leave out."""
_OURS_IN_USAGE: Final = frozenset({"cost", "is_byok", "cost_details", "server_tool_use_details"})
"""What we say of the cost stands for what the upstream says of its own."""


class NativeEdit:
    """The edits of one answer. `asked` are the members of the request, as sent."""

    __slots__ = ("_asked", "_format", "_identity")

    def __init__(self, identity: AnswerIdentity, asked: Mapping[str, Raw], reasoning_format: str) -> None:
        self._identity = identity
        self._asked = asked
        self._format = reasoning_format

    def response(self, response: Raw, report: UsageReport | None, items: list[Raw]) -> bytes:
        """A response object. `report` comes with its end; `items` are its output where the object leaves it out."""
        members: dict[str, object] = dict(object_of(response))
        members["id"] = self._identity.generation_id
        members["model"] = self._identity.model
        for name in _ABOUT_THE_CALLER:
            if name in members:
                members[name] = self._asked.get(name, _EMPTY_OBJECT if name == "metadata" else NULL)
        for name, absent in _INSISTED_ON:
            members.setdefault(name, self._asked.get(name, absent))
        if report is not None:
            if members["completed_at"] == NULL and text_of(object_of(response).get("status")) == "completed":
                members["completed_at"] = report.completed_s
            output = list_of(object_of(response).get("output")) or items
            members["output"] = [self.item(item) for item in output]
            members["usage"] = _usage(object_of(response).get("usage"), report)
            if report.metadata:
                members["openrouter_metadata"] = report.metadata
        return json.encode(members)

    def item(self, item: Raw) -> Raw:
        """An item that is done."""
        if self._format == SEALED_FORMAT:
            return item
        members = object_of(item)
        if text_of(members.get("type")) != "reasoning" or is_blank(members.get("encrypted_content")):
            return item
        return json.raw(members | {"format": json.raw(self._format)})


def _usage(told: Raw | None, report: UsageReport) -> Raw:
    """The upstream's counts with the cost after them; ours where it gave none."""
    counts = {name: raw for name, raw in object_of(told).items() if name not in _OURS_IN_USAGE}
    if not counts:
        return Raw(usage_json(report.usage, report.charge))
    return Raw(json.encode(counts)[:-1] + b"," + cost_members(report.usage, report.charge) + b"}")
