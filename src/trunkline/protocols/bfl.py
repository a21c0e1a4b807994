"""Black Forest Labs' tasks, of images and of films alike: taken on with a `polling_url`, asked after there, ended with
a `sample` that has an address for everybody."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank, object_of, text_of

_MODERATED: Final = frozenset({"Request Moderated", "Content Moderated"})
_ENDED: Final = _MODERATED | {"Ready", "Error", "Failed", "Task not found"}
_READY: Final = "Ready"
_UNKNOWN: Final = "Task not found"


class Task(Struct, frozen=True):
    """What an answer says of one."""

    id: str = ""
    polling_url: str = ""
    status: str = ""
    result: Raw = NOTHING
    details: Raw = NOTHING

    @property
    def is_ready(self) -> bool:
        return self.status == _READY

    @property
    def is_over(self) -> bool:
        return self.status in _ENDED

    @property
    def sample(self) -> str:
        """The address of what was made."""
        return text_of(object_of(self.result).get("sample"))


_NO_TASK: Final = Task()
_task = msgspec.json.Decoder(Task)


def task_of(data: bytes) -> Task:
    """The task that an answer tells of; one without an id or a status for any other answer."""
    try:
        return decode_mended(_task, data)
    except UNREADABLE:
        return _NO_TASK


def task_fault(task: Task) -> UpstreamFault:
    """Why there is nothing."""
    if task.status in _MODERATED:
        return UpstreamFault(status=400, code="content_policy_violation", message=task.status)
    status = 404 if task.status == _UNKNOWN else 200
    return UpstreamFault(status=status, message=f"{task.status or 'The answer is no task'}: {told(task)}".strip(": "))


def told(task: Task) -> str:
    """The details of a failure: a text, or whatever object."""
    return "" if is_blank(task.details) else text_of(task.details) or bytes(task.details).decode(errors="replace")


def next_address(data: bytes, asked: str) -> str | None:
    """Where a task is asked after that is not over yet: at its own address, or once more where it was `asked` last."""
    task = task_of(data)
    if task.is_over:
        return None
    return task.polling_url or (asked if task.status else None)
