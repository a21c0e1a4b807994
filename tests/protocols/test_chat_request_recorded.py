"""Every recorded chat request is read, and keeps its meaning on both paths; what is refused or dropped is listed."""

from collections import Counter

import msgspec
import pytest

from tests.protocols.test_chat_request_paths import Object, meaning
from tests.recorded import exchanges, requires_recorded
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.native_request import edit_request
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.chat.upstream import encode_upstream

pytestmark = requires_recorded

FILES = ("openai-chat.jsonl.gz", "openrouter-chat.jsonl.gz")
ACCEPTED = 1228

REFUSED: dict[tuple[str, str], int] = {
    # The provider refused it too.
    ("llamacpp", "messages[0].content[1].image_url.url"): 1,
    ("openai", "messages[1].content[0].type"): 1,
    ("openai", "max_tokens"): 1,
    # Spellings of single vendors, in no description of the original's requests: `tool_choice` "any", `type: tool`,
    # choice without `type`, parts `document_url`, `thinking`, `file_url`, an image or a recording as bare string,
    # a schema without `name`, a result of a tool without `tool_call_id`.
    ("mistral", "tool_choice"): 17,
    ("mistral", "messages[1].content[1].type"): 2,
    ("mistral", "messages[1].content[0].type"): 1,
    ("mistral", "messages[3].content[1].image_url"): 1,
    ("mistral", "messages[0].content[1].input_audio"): 1,
    ("perplexity", "messages[0].content[1].type"): 1,
    ("perplexity", "response_format.json_schema.name"): 1,
    ("xai", "tool_choice.type"): 2,
    ("huggingface", "tool_choice.type"): 1,
    ("zai", "messages[2].tool_call_id"): 1,
    # Audio is only streamed (inference.md 11.2).
    ("openai", "stream"): 1,
    # Server tools do not run here yet.
    ("openrouter", "tools[0].type"): 6,
}
"""(provider, field that is named) → how many exchanges."""

VENDOR_MEMBERS = frozenset(
    {
        *("thinking", "enable_thinking", "random_seed", "functions", "function_call", "venice_parameters", "echo"),
        *("safe_prompt", "reasoning_format", "store", "grammar", "json_schema", "safety_model"),
    }
)
"""Words of single vendors at the top level: they go to endpoints whose passthrough list names them."""

DROPPED = frozenset({"provider", "usage", "transforms", "models", "preset", "user", "stream_options", "model"})
"""The gateway's own members, or written by it."""
REASONING = frozenset({"reasoning", "reasoning_effort", "include_reasoning"})

ANYTHING_GOES = UpstreamTarget(
    provider="acme",
    upstream_model="rocket-1-large",
    supported_parameters=frozenset(),
    quirks=frozenset(
        {
            *("developer_role", "multiple_choices", "cache_control", "openrouter_dialect", "reasoning_object"),
            "tool_result_media",
        }
    ),
    passthrough=VENDOR_MEMBERS,
)


def accepted() -> list[tuple[Object, bytes]]:
    bodies: list[tuple[Object, bytes]] = []
    for file in FILES:
        for exchange in exchanges(file):
            body = exchange["request"]["body"]
            data = msgspec.json.encode(body)
            try:
                parse_chat(data, ParseLimits())
            except InvalidRequest:
                continue
            bodies.append((body, data))
    return bodies


def expected(body: Object) -> Object:
    """What must arrive of a recorded body where anything goes: all but what is dropped, translated or renamed."""
    kept = {name: value for name, value in body.items() if value is not None and name not in DROPPED | REASONING}
    if "max_completion_tokens" in kept:
        kept["max_tokens"] = kept.pop("max_completion_tokens")
    for name in ("stream", "stop"):
        if not kept.get(name):
            kept.pop(name, None)
    if not kept.get("tools"):
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            kept.pop(name, None)
    return meaning(msgspec.json.encode(kept | {"messages": [_expected_message(m) for m in body["messages"]]}))


def _expected_message(message: Object) -> Object:
    """A marker on the message belongs to its last text part (inference.md 2.2)."""
    marker, content = message.get("cache_control"), message.get("content")
    if marker is None:
        return message
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    assert isinstance(parts, list)
    assert isinstance(parts[-1], dict)
    rest = {name: value for name, value in message.items() if name != "cache_control"}
    return rest | {"content": [*parts[:-1], parts[-1] | {"cache_control": marker}]}


def arrived(body: bytes) -> Object:
    sent = meaning(body)
    return {name: value for name, value in sent.items() if name not in DROPPED | REASONING}


def tools_completed(body: Object) -> Object:
    """A tool without `type` is a function; one without parameters takes an empty object."""
    for tool in body.get("tools", []):
        tool.setdefault("type", "function")
    return body


def test_every_recorded_request_is_read_or_refused_for_a_listed_reason() -> None:
    refused: Counter[tuple[str, str]] = Counter()
    count = 0
    for file in FILES:
        for exchange in exchanges(file):
            try:
                parse_chat(msgspec.json.encode(exchange["request"]["body"]), ParseLimits())
                count += 1
            except InvalidRequest as refusal:
                refused[exchange["provider"], refusal.field or ""] += 1
    assert refused == REFUSED
    assert count == ACCEPTED
    print(f"{count} recorded requests read, {refused.total()} refused for {len(refused)} listed reasons")


@pytest.mark.parametrize("path", ["native", "hub"])
def test_every_leaf_of_a_recorded_request_arrives_or_is_listed_as_dropped(path: str) -> None:
    bodies = accepted()
    for body, data in bodies:
        request = parse_chat(data, ParseLimits())
        native = path == "native"
        sent = edit_request(request, ANYTHING_GOES) if native else encode_upstream(to_hub(request), ANYTHING_GOES)
        assert arrived(sent) == tools_completed(expected(body))
        if native:
            _assert_unknown_members_stay(body, sent)
    assert len(bodies) == ACCEPTED


def _assert_unknown_members_stay(body: Object, sent: bytes) -> None:
    """`prefix` of Mistral and DeepSeek, which the hub has no word for."""
    messages = msgspec.json.decode(sent)["messages"]
    assert [m.get("prefix") for m in messages] == [m.get("prefix") for m in body["messages"]]


def test_recorded_reasoning_requests_are_translated() -> None:
    seen: Counter[str] = Counter()
    for body, data in accepted():
        asked: JsonValue = {name: body[name] for name in sorted(REASONING & body.keys()) if body[name] is not None}
        if not asked:
            continue
        request = parse_chat(data, ParseLimits())
        sent = msgspec.json.decode(edit_request(request, ANYTHING_GOES))["reasoning"]
        given = body.get("reasoning") or {}
        effort = body.get("reasoning_effort") or given.get("effort")
        if effort == "none" or given.get("enabled") is False:
            assert sent["enabled"] is False
            seen["off"] += 1
        elif effort is not None:
            assert sent["effort"] == effort
            seen["effort"] += 1
        else:
            assert sent.get("max_tokens") == given.get("max_tokens")
            seen["other"] += 1
    assert seen.total() > 150
    assert seen["effort"] > 100


PROVIDERS = ["openai", "azure", "mistral", "deepseek", "z-ai", "moonshotai", "alibaba", "groq", "xai", "openrouter"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_both_paths_agree_on_recorded_requests_for_every_dialect(provider: str) -> None:
    target = UpstreamTarget(provider=provider, upstream_model="m", supported_parameters=frozenset())
    for _, data in accepted():
        request = parse_chat(data, ParseLimits())
        assert meaning(edit_request(request, target)) == meaning(encode_upstream(to_hub(request), target))
