"""The work that is measured (performance.md 1), as bytes that are asked; what is answered stands in `answers.py`.

Every request carries a number of its own, which the upstream puts into its answer, so that the load generator notices
a lost, repeated or crossed answer.
"""

import json
from typing import Literal

from msgspec import Struct

NONCE_MARK = b"nonce:"
NONCE_BYTES = 10
CHUNKS = 50
CHUNK_TEXT = "x" * 24
"""Makes an event of about 200 bytes."""
WHOLE_TEXT = "y" * 640
"""Makes a body of about 1 KB."""

Behaviour = Literal["whole", "burst", "paced", "idle", "translated"]
"""How the fake upstream answers, which is also the model's name. `translated`: as `paced`, in Anthropic's format."""
INTERVAL_S: dict[Behaviour, float] = {"whole": 0.0, "burst": 0.0, "paced": 0.020, "idle": 1.0, "translated": 0.020}
MODELS = {behaviour: f"bench/{behaviour}" for behaviour in INTERVAL_S}


class Work(Struct, frozen=True):
    """One kind of work. `requests` is the number in one round, `quick` the number for a short look."""

    name: str
    what: str
    behaviour: Behaviour
    concurrency: int
    requests: int
    quick: int
    before_nonce: bytes
    after_nonce: bytes

    @property
    def streamed(self) -> bool:
        return self.behaviour != "whole"

    @property
    def translated(self) -> bool:
        """Whether the upstream speaks another format than the client: nothing that only passes bytes on can do it."""
        return self.behaviour == "translated"

    @property
    def spread_s(self) -> float:
        """Over how long the first requests are spread: the length of a paced stream."""
        return INTERVAL_S[self.behaviour] * CHUNKS if self.behaviour in ("paced", "translated") else 0.0

    def body(self, nonce: bytes) -> bytes:
        return b"".join((self.before_nonce, nonce, self.after_nonce))


def _work(
    name: str, what: str, behaviour: Behaviour, numbers: tuple[int, int, int], request: dict[str, object]
) -> Work:
    stream = {"stream": True, "stream_options": {"include_usage": True}} if behaviour != "whole" else {}
    body = json.dumps({"model": MODELS[behaviour], **stream, **request}, separators=(",", ":")).encode()
    before, after = body.split(b"nonce:?", 1)
    return Work(name, what, behaviour, *numbers, before + NONCE_MARK, after)


def _chat_request(prompt_bytes: int) -> dict[str, object]:
    return {
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "nonce:? " + "Explain what a gateway is for. " * (prompt_bytes // 31)},
        ],
        "temperature": 0.7,
        "max_tokens": 512,
    }


def _agent_request() -> dict[str, object]:
    """Twenty tools and sixty turns of an agent at work, 215 KB."""
    tools = [
        {
            "type": "function",
            "function": {
                "name": f"tool_{number}",
                "description": "Reads, searches or changes files of the project. " * 12,
                "parameters": {
                    "type": "object",
                    "properties": {
                        f"argument_{n}": {"type": "string", "description": "What it is about. " * 4} for n in range(6)
                    },
                    "required": ["argument_0"],
                },
            },
        }
        for number in range(20)
    ]
    messages: list[dict[str, object]] = [
        {"role": "system", "content": "You are a coding agent. nonce:? " + "Rules of the house. " * 400},
        {"role": "user", "content": "Mend the failing test."},
    ]
    for turn in range(60):
        call = {"name": f"tool_{turn % 20}", "arguments": json.dumps({"argument_0": "src/main.py " * 20})}
        messages.append(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": f"call_{turn}", "type": "function", "function": call}],
            }
        )
        messages.append({"role": "tool", "tool_call_id": f"call_{turn}", "content": "def f(x):\n    return x\n" * 110})
    return {"messages": messages, "tools": tools, "tool_choice": "auto", "max_tokens": 512}


def _image_request() -> dict[str, object]:
    parts = [
        {"type": "text", "text": "nonce:? What is on this image?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "iVBORw0K" * (2 * 1024 * 1024 // 8)}},
    ]
    return {"messages": [{"role": "user", "content": parts}], "max_tokens": 512}


def all_work() -> dict[str, Work]:
    """By name."""
    kinds = (
        _work("W1", "whole answer, 2 KB request, 1 KB answer", "whole", (64, 6_000, 1_500), _chat_request(1_700)),
        _work("W2", "burst stream, 50 chunks at once", "burst", (64, 1_500, 400), _chat_request(1_700)),
        _work("W3", "paced stream, 50 chunks 20 ms apart", "paced", (128, 512, 256), _chat_request(1_700)),
        _work("W4", "the same, from Anthropic's format", "translated", (128, 512, 256), _chat_request(1_700)),
        _work("W5", "agent request of 215 KB, paced stream", "paced", (32, 128, 64), _agent_request()),
        _work("W6", "image request of 2 MB, whole answer", "whole", (4, 80, 24), _image_request()),
        _work("W7", "idle streams, one chunk a second", "idle", (1_000, 1_000, 1_000), _chat_request(1_700)),
    )
    return {work.name: work for work in kinds}
