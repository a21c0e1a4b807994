"""The native path of a whole answer: the upstream's response with the edits of `native_edit.py`."""

from msgspec import Raw

from trunkline.protocols.answers import Facts, UsageReport
from trunkline.protocols.faults.telling import error_of
from trunkline.protocols.lenient_json import list_of, object_of
from trunkline.protocols.responses.inbound.ending import ending_of_error
from trunkline.protocols.responses.inbound.native_edit import NativeEdit
from trunkline.protocols.responses.inbound.response_object import ResponseObject


class NativeBody:
    """Implements `AnswerBody`."""

    def __init__(self, facts: Facts, data: bytes, edit: NativeEdit, response: ResponseObject) -> None:
        self.facts = facts
        self._data = Raw(data)
        self._edit = edit
        self._response = response

    def render(self, report: UsageReport) -> bytes:
        if self.facts.fault is None:
            return self._edit.response(self._data, report, [])
        ending = ending_of_error(error_of(self.facts.fault))
        output = [bytes(self._edit.item(item)) for item in list_of(object_of(self._data).get("output"))]
        return self._response.ended(ending.status, output, report, incomplete=ending.incomplete, error=ending.error)
