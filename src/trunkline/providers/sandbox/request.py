"""What the Sandbox reads of an openai-chat body. Validation has happened at the gateway's door."""

from typing import Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.json import JsonValue


class Function(Struct, frozen=True):
    name: str
    parameters: Raw = Raw(b"null")

    @property
    def schema(self) -> dict[str, JsonValue]:
        """The parameters' JSON Schema; empty when there is none."""
        return _object(self.parameters)


class Tool(Struct, frozen=True):
    function: Function


class Message(Struct, frozen=True):
    """One turn."""

    role: str
    content: Raw = Raw(b"null")

    @property
    def parts(self) -> list[dict[str, JsonValue]]:
        """The content as parts; a plain string is one of text."""
        match json.value(self.content):
            case str(text):
                return [{"type": "text", "text": text}]
            case list(parts):
                return [part for part in parts if isinstance(part, dict)]
            case _:
                return []


class JsonSchemaFormat(Struct, frozen=True):
    schema: Raw = Raw(b"{}")

    @property
    def document(self) -> dict[str, JsonValue]:
        return _object(self.schema)


class ResponseFormat(Struct, frozen=True):
    type: str = "text"
    json_schema: JsonSchemaFormat = JsonSchemaFormat()


class Reasoning(Struct, frozen=True):
    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = None
    max_tokens: int | None = None
    enabled: bool | None = None


class Request(Struct, frozen=True):
    """One chat request. Absent and null mean the same here."""

    model: str = ""
    messages: list[Message] = []
    stream: bool | None = None
    tools: list[Tool] | None = None
    tool_choice: Raw = Raw(b"null")
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    reasoning_effort: str | None = None
    response_format: ResponseFormat | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None

    @property
    def output_tokens_max(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> list[str]:
        return [self.stop] if isinstance(self.stop, str) else self.stop or []


class EmbeddingsRequest(Struct, frozen=True):
    model: str = ""
    input: str | list[str | int | list[int]] = ""
    dimensions: int | None = None


class Document(Struct, frozen=True):
    text: str = ""


class RerankRequest(Struct, frozen=True):
    query: str = ""
    documents: list[str | Document] = []
    top_n: int | None = None


class ImagesRequest(Struct, frozen=True):
    prompt: str = ""
    n: int = 1
    size: str | None = None
    stream: bool = False


chat_decoder = msgspec.json.Decoder(Request)
embeddings_decoder = msgspec.json.Decoder(EmbeddingsRequest)
rerank_decoder = msgspec.json.Decoder(RerankRequest)
images_decoder = msgspec.json.Decoder(ImagesRequest)


def _object(raw: Raw) -> dict[str, JsonValue]:
    value = json.value(raw)
    return value if isinstance(value, dict) else {}


def digest_input(body: Raw | bytes, seed: int | None) -> int:
    """The number that the answer follows from: the seed when there is one, else the whole request."""
    if seed is not None:
        return seed & 0xFFFFFFFF
    return _fnv(bytes(body))


def _fnv(data: bytes) -> int:
    # FNV-1a over a bounded sample: equal requests must give equal answers, nothing more is asked of it.
    value = 0x811C9DC5
    for byte in data[:2048] + data[-512:]:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value
