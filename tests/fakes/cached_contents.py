"""Google's cached contents, kept as strictly as Google keeps them:

    caches = CachedContents(clock)
    provider.always(caches.reply)

A content lives for its `ttl` on the clock. A request that names one may not bring system instruction or tools of
its own, must be for the same model and key, and must still ask something.
"""

from typing import Any

import msgspec

from tests.fakes.replies import Call, Reply, body, sse
from trunkline.core.clock import Clock

Json = dict[str, Any]
FIXED = ("systemInstruction", "tools", "toolConfig")


def tokens_of(*members: object) -> int:
    """A token for every four bytes."""
    return sum(len(msgspec.json.encode(member)) for member in members) // 4


class CachedContents:
    """One project of Google's."""

    def __init__(self, clock: Clock, *, tokens_min: int = 1_024, says: str = "It is so.") -> None:
        self._clock = clock
        self._tokens_min = tokens_min
        self._says = says
        self.created: list[Json] = []
        """Bodies of the calls that made one, in order."""
        self.asked: list[Json] = []
        """Bodies of all other calls, as they came."""
        self.refusals: list[str] = []
        self.refuse_creation: Reply | None = None
        """Answers every creation while it is set."""
        self.fail_next: Reply | None = None
        """Answers the next call that is no creation, if that has no complaint."""
        self._kept: dict[str, tuple[float, Json]] = {}

    def lose_all(self) -> None:
        """Forget them before their time."""
        self._kept.clear()

    async def reply(self, call: Call) -> None:
        """Answers every request of a FakeProvider."""
        if creates(call.path):
            await (self.refuse_creation or self.create)(call)
            return
        self.asked.append(call.json)
        try:
            self.kept_for(call.path, call.json)
        except RefusedError as refused:
            self.refusals.append(refused.message)
            await body({"error": {"code": refused.status, "message": refused.message}}, status=refused.status)(call)
            return
        if self.fail_next is not None:
            failure, self.fail_next = self.fail_next, None
            await failure(call)
            return
        answer = {
            "candidates": [{"content": {"role": "model", "parts": [{"text": self._says}]}, "finishReason": "STOP"}],
            "usageMetadata": {"candidatesTokenCount": 5, **self.usage(call.json)},
        }
        if "streamGenerateContent" in call.path:
            await sse([b"data: " + msgspec.json.encode(answer) + b"\r\n\r\n"])(call)
        else:
            await body(answer)(call)

    async def create(self, call: Call) -> None:
        """Answer a call that `creates`."""
        asked = call.json
        tokens = _own_tokens(asked)
        if tokens < self._tokens_min:
            message = f"Cached content is too small. total_token_count={tokens}, min={self._tokens_min}"
            await body({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}, status=400)(call)
            return
        parent, _, _ = str(asked["model"]).rpartition("publishers/")
        name = f"{parent}cachedContents/c{len(self.created)}"
        self.created.append(asked)
        ttl_s = float(str(asked["ttl"]).removesuffix("s"))
        self._kept[name] = (self._clock.monotonic_s() + ttl_s, asked)
        told = {"name": name, "model": asked["model"], "usageMetadata": {"totalTokenCount": tokens}}
        await body(told)(call)

    def kept_for(self, path: str, asked: Json) -> Json:
        """What is cached of a request: the body that its content was made with, empty when it names none.

        Raises RefusedError.
        """
        _require(bool(asked.get("contents")), 400, "contents is not specified")
        name = asked.get("cachedContent")
        if name is None:
            return {}
        until_s, kept = self._kept.get(str(name), (0.0, {}))
        gone = "CachedContent not found (or permission denied)"
        _require(self._clock.monotonic_s() < until_s, 403, gone)
        model = str(kept["model"])
        _require(f"/{model}:" in path, 400, f"Model used by GenerateContent request and CachedContent ({model}) differ")
        _require(not set(FIXED) & set(asked), 400, "CachedContent can not be used with system_instruction, tools")
        return kept

    def usage(self, asked: Json) -> Json:
        """The counts of the prompt of a request that was not refused."""
        name = asked.get("cachedContent")
        if name is None:
            return {"promptTokenCount": _own_tokens(asked)}
        cached = _own_tokens(self._kept[name][1])
        return {"promptTokenCount": cached + _own_tokens(asked), "cachedContentTokenCount": cached}


def creates(path: str) -> bool:
    """Whether it is the address of the call that makes a content."""
    return path.endswith("/cachedContents")


class RefusedError(Exception):
    """What Google answers an error to."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def _own_tokens(asked: Json) -> int:
    return tokens_of(*(asked[name] for name in (*FIXED, "contents") if name in asked))


def _require(holds: bool, status: int, message: str) -> None:
    if not holds:
        raise RefusedError(status, message)
