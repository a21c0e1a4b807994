"""Google's cached contents, kept as strictly as Google keeps them:

    caches = CachedContents(clock)
    provider.always(caches.reply)

A content lives for its `ttl` on the test's clock. A request that names one may not bring system instruction or tools of
its own, must be for the same model and key, and must still ask something.
"""

from typing import Any

import msgspec

from tests.fakes.clock import FakeClock
from tests.fakes.replies import Call, Reply, body, sse

Json = dict[str, Any]
FIXED = ("systemInstruction", "tools", "toolConfig")


def tokens_of(*members: object) -> int:
    """A token for every four bytes."""
    return sum(len(msgspec.json.encode(member)) for member in members) // 4


class CachedContents:
    """One project of Google's."""

    def __init__(self, clock: FakeClock, *, tokens_min: int = 1_024, says: str = "It is so.") -> None:
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
        if call.path.endswith("/cachedContents"):
            await (self.refuse_creation or self._create)(call)
            return
        self.asked.append(call.json)
        try:
            used = self._examine(call.path, call.json)
        except _Refused as refused:
            self.refusals.append(refused.message)
            await body({"error": {"code": refused.status, "message": refused.message}}, status=refused.status)(call)
            return
        if self.fail_next is not None:
            failure, self.fail_next = self.fail_next, None
            await failure(call)
            return
        answer = {
            "candidates": [{"content": {"role": "model", "parts": [{"text": self._says}]}, "finishReason": "STOP"}],
            "usageMetadata": {"candidatesTokenCount": 5, **used},
        }
        if "streamGenerateContent" in call.path:
            await sse([b"data: " + msgspec.json.encode(answer) + b"\r\n\r\n"])(call)
        else:
            await body(answer)(call)

    async def _create(self, call: Call) -> None:
        asked = call.json
        tokens = tokens_of(*(asked.get(name) for name in (*FIXED, "contents") if name in asked))
        if tokens < self._tokens_min:
            message = f"Cached content is too small. total_token_count={tokens}, min={self._tokens_min}"
            await body({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}, status=400)(call)
            return
        parent, _, _ = str(asked["model"]).rpartition("publishers/")
        name = f"{parent}cachedContents/c{len(self.created)}"
        self.created.append(asked)
        ttl_s = float(str(asked["ttl"]).removesuffix("s"))
        self._kept[name] = (self._clock.monotonic_s() + ttl_s, {**asked, "tokens": tokens})
        told = {"name": name, "model": asked["model"], "usageMetadata": {"totalTokenCount": tokens}}
        await body(told)(call)

    def _examine(self, path: str, asked: Json) -> Json:
        """The counts of the prompt. Raises _Refused."""
        _require(bool(asked.get("contents")), 400, "contents is not specified")
        own = tokens_of(*(asked.get(name) for name in (*FIXED, "contents") if name in asked))
        name = asked.get("cachedContent")
        if name is None:
            return {"promptTokenCount": own}
        until_s, kept = self._kept.get(str(name), (0.0, {}))
        gone = "CachedContent not found (or permission denied)"
        _require(self._clock.monotonic_s() < until_s, 403, gone)
        model = str(kept["model"])
        _require(f"/{model}:" in path, 400, f"Model used by GenerateContent request and CachedContent ({model}) differ")
        _require(not set(FIXED) & set(asked), 400, "CachedContent can not be used with system_instruction, tools")
        cached = int(kept["tokens"])
        return {"promptTokenCount": own + cached, "cachedContentTokenCount": cached}


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def _require(holds: bool, status: int, message: str) -> None:
    if not holds:
        raise _Refused(status, message)
