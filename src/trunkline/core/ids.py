"""Identifiers, minted in one place.

Shapes: inference.md 1.4 (`gen-<unix seconds>-<20 alphanumerics>`), accounts-and-governance.md VAL-04.
"""

import os
import re
import uuid

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# A byte maps to a letter by remainder; 256 is no multiple of 62, so eight letters come up 25 % more often
# than the rest. For ids (not secrets) that costs 0.03 bits of 119.
_TABLE = bytes(_ALPHABET[i % 62] for i in range(256))

_DRAWN = 4_096
"""Characters drawn at once: a system call for each id would cost ten times what the id costs."""


class _Characters:
    """Random characters in store. A forked process draws its own, or it would mint its parent's ids again."""

    def __init__(self) -> None:
        self._text = ""
        self._used = 0
        os.register_at_fork(after_in_child=self._forget)

    def take(self, count: int) -> str:
        begin = self._used
        end = begin + count
        if end > len(self._text):
            self._text = os.urandom(max(_DRAWN, count)).translate(_TABLE).decode("ascii")
            begin, end = 0, count
        self._used = end
        return self._text[begin:end]

    def _forget(self) -> None:
        self._text = ""
        self._used = 0


alphanumerics = _Characters().take
"""`alphanumerics(count)`: so many random characters of [A-Za-z0-9]. For ids, not for secrets."""


def generation_id(now_ms: int) -> str:
    """`gen-<unix seconds>-<20>`: the id of an answer, of each of its chunks and of its record."""
    return f"gen-{now_ms // 1000}-{alphanumerics(20)}"


def request_id(now_ms: int) -> str:
    """`req-<unix seconds>-<20>`: one for each HTTP request, shared by its generations."""
    return f"req-{now_ms // 1000}-{alphanumerics(20)}"


def user_id() -> str:
    """`user_<27>`: an account."""
    return f"user_{alphanumerics(27)}"


def uuid4() -> str:
    """A random UUID in its usual spelling: workspaces, credentials and the like."""
    return str(uuid.UUID(bytes=os.urandom(16), version=4))


def job_id() -> str:
    """`job-<24>`: a video job (inference.md 25.1)."""
    return f"job-{alphanumerics(24)}"


def tool_call_id() -> str:
    """`call_<24>`, for an upstream that names no call (inference.md 8.2)."""
    return f"call_{alphanumerics(24)}"


def item_id(kind: str) -> str:
    """`<kind>_tmp_<11>`: an item of an answer in Responses that has no id of its upstream's."""
    return f"{kind}_tmp_{alphanumerics(11).lower()}"


is_minted_item_id = re.compile(r"[a-z]{1,8}_tmp_[0-9a-z]{11}", re.ASCII).fullmatch
"""Whether an item that comes back has an id that no upstream knows."""


def file_id(now_ms: int) -> str:
    """`or_file_<29>`: a file (inference.md 26). In the order of ids, older files come first, also in a database that
    sorts as people do: only digits and small letters."""
    return f"or_file_{now_ms:011x}{os.urandom(9).hex()}"


is_file_id = re.compile(r"or_file_[0-9a-f]{29}", re.ASCII).fullmatch
"""Whether a text could be the id of a file; anything may come as one."""
