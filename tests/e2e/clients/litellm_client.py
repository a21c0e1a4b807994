"""What `litellm` makes of this gateway, as one JSON object on stdout. Run by test_litellm.py.

It runs in an environment of its own (.venv-litellm), so it imports nothing of this repository. It asks the Sandbox,
once for every prefix by which it can be pointed here.

    python litellm_client.py <base url> <key> <model>
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import litellm

litellm.suppress_debug_info = True  # It would print its advice to stdout.

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
HI = [{"role": "user", "content": "Hi"}]
EMBEDDER = "openai/text-embedding-3-small"
RANKER = "cohere/rerank-v3.5"


class Asking:
    """One way to point litellm here."""

    def __init__(self, prefix: str, base_url: str, key: str, model: str) -> None:
        self._prefix = prefix
        self._here: dict[str, Any] = {"api_base": base_url, "api_key": key, "max_retries": 0}
        self._model = f"{prefix}/{model}"

    def completion(self) -> dict[str, Any]:
        answer = litellm.completion(model=self._model, messages=HI, max_tokens=20, **self._here)
        choice = answer.choices[0]
        return {"text": choice.message.content, "finish": choice.finish_reason, "tokens": answer.usage.total_tokens}

    def stream(self) -> dict[str, Any]:
        options = {"stream_options": {"include_usage": True}}
        chunks = list(litellm.completion(model=self._model, messages=HI, stream=True, **options, **self._here))
        whole = litellm.stream_chunk_builder(chunks, messages=HI)
        pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
        return {"text": "".join(piece or "" for piece in pieces), "finish": whole.choices[0].finish_reason}

    def tools(self) -> dict[str, Any]:
        asked = [{"role": "user", "content": "Use get_weather for Oslo."}]
        first = litellm.completion(model=self._model, messages=asked, tools=[TOOL], **self._here).choices[0].message
        (call,) = first.tool_calls
        result = {"role": "tool", "tool_call_id": call.id, "content": "-3 °C"}
        second = litellm.completion(
            model=self._model, messages=[*asked, first, result], tools=[TOOL], tool_choice="none", **self._here
        )
        return {
            "name": call.function.name,
            "arguments": json.loads(call.function.arguments),
            "then": second.choices[0].message.content,
        }

    def streamed_tools(self) -> list[str]:
        asked = [{"role": "user", "content": "Use get_weather for Oslo."}]
        chunks = litellm.completion(model=self._model, messages=asked, tools=[TOOL], stream=True, **self._here)
        whole = litellm.stream_chunk_builder(list(chunks))
        return [call.function.name for call in whole.choices[0].message.tool_calls]

    def responses(self) -> dict[str, Any]:
        answer = litellm.responses(model=self._model, input="Hi", max_output_tokens=50, **self._here)
        return {"status": answer.status, "text": answer.output[-1].content[0].text}

    def streamed_responses(self) -> dict[str, Any]:
        events = list(litellm.responses(model=self._model, input="Hi", stream=True, **self._here))
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        return {"text": "".join(deltas), "last": events[-1].type}

    def messages(self) -> dict[str, Any]:
        answer = asyncio.run(litellm.anthropic_messages(model=self._model, messages=HI, max_tokens=50, **self._here))
        return {"text": answer["content"][-1]["text"], "stop": answer["stop_reason"]}

    def embedding(self) -> list[int]:
        answer = litellm.embedding(
            model=f"{self._prefix}/{EMBEDDER}", input=["a", "b"], encoding_format="float", **self._here
        )
        return [len(one["embedding"]) for one in answer.data]

    def refused(self) -> dict[str, Any]:
        """The class and status of what is raised for a key that nobody has."""
        stranger = {**self._here, "api_key": "sk-tl-v1-" + "0" * 64}
        try:
            litellm.completion(model=self._model, messages=HI, **stranger)
        except litellm.AuthenticationError as error:
            return {"class": type(error).__name__, "status": error.status_code}
        return {"class": None}


def native_messages(base_url: str, key: str, model: str) -> dict[str, Any]:
    """The Messages API itself."""
    answer = asyncio.run(
        litellm.anthropic_messages(
            model=f"anthropic/{model}", messages=HI, max_tokens=50, api_base=f"{base_url}/messages", api_key=key
        )
    )
    return {"text": answer["content"][-1]["text"], "stop": answer["stop_reason"]}


def rerank(base_url: str, key: str) -> list[int]:
    """litellm has none for its prefixes `openai` and `openrouter`, only for providers' own dialects."""
    answer = litellm.rerank(
        model=f"hosted_vllm/{RANKER}",
        query="green tea",
        documents=["black coffee", "green tea"],
        top_n=1,
        api_base=base_url,
        api_key=key,
    )
    return [result["index"] for result in answer.results]


def main(base_url: str, key: str, model: str) -> None:
    said: dict[str, object] = {}
    for prefix in ("openai", "openrouter"):
        asking = Asking(prefix, base_url, key, model)
        scenarios: dict[str, Callable[[], object]] = {
            "completion": asking.completion,
            "stream": asking.stream,
            "tools": asking.tools,
            "streamed tools": asking.streamed_tools,
            "responses": asking.responses,
            "streamed responses": asking.streamed_responses,
            "messages": asking.messages,
            "embedding": asking.embedding,
            "refused": asking.refused,
        }
        said |= {f"{prefix} {name}": scenario() for name, scenario in scenarios.items()}
    said["native messages"] = native_messages(base_url, key, model)
    said["rerank"] = rerank(base_url, key)
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
