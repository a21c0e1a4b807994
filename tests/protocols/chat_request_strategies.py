"""Chat requests and endpoints of every kind, for property tests."""

import msgspec
from hypothesis import strategies as st

from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.quirks import OF_PROVIDER, REASONS

texts = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.from_regex(r"\A[A-Za-z0-9_-]{1,12}\Z")
json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
markers = st.fixed_dictionaries({"type": st.just("ephemeral")}, optional={"ttl": st.sampled_from(["5m", "1h"])})
_marked = {"cache_control": markers, "prompt_cache_breakpoint": st.just({"mode": "explicit"})}
text_parts = st.fixed_dictionaries({"type": st.just("text"), "text": texts}, optional=_marked)
image_parts = st.fixed_dictionaries(
    {
        "type": st.just("image_url"),
        "image_url": st.fixed_dictionaries(
            {"url": st.sampled_from(["https://example.com/a.png", "data:image/png;base64,iVBORw0KGgo="])},
            optional={"detail": st.sampled_from(["auto", "low", "high", "original"])},
        ),
    },
    optional=_marked,
)
other_parts = st.sampled_from(
    [
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
        {"type": "file", "file": {"file_id": "file_1"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": "data:audio/wav;base64,UklGRg==", "format": "wav"}},
        {"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}},
        {"type": "input_video", "video_url": {"url": "https://example.com/a.mp4"}},
    ]
)
contents = texts | st.lists(text_parts | image_parts | other_parts, min_size=1, max_size=3)
_common = {"name": names, "cache_control": markers}
details = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("reasoning.text"), "text": texts},
        optional={"format": st.sampled_from(["unknown", "anthropic-claude-v1", None]), "signature": texts},
    )
    | st.fixed_dictionaries({"type": st.just("reasoning.encrypted"), "data": texts, "format": st.just("unknown")}),
    max_size=3,
)
plain_messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "developer", "user"]), "content": contents}, optional=_common
)
assistant_messages = st.fixed_dictionaries(
    {"role": st.just("assistant")},
    optional=_common
    | {
        "content": st.none() | contents,
        "refusal": texts,
        "reasoning": texts,
        "reasoning_content": texts,
        "reasoning_details": details,
        "annotations": st.just([{"type": "file", "file": {"hash": "0"}}]),
        "images": st.just([{"type": "image_url", "image_url": {"url": "https://example.com/b.png"}}]),
        "audio": st.just({"id": "audio_1"}),
    },
)


@st.composite
def tool_turns(draw: st.DrawFn) -> list[dict[str, JsonValue]]:
    """An assistant message with calls and their results, in any order."""
    ids = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    calls = [{"id": i, "type": "function", "function": {"name": "f", "arguments": draw(texts)}} for i in ids]
    asking = draw(assistant_messages) | {"tool_calls": calls}
    results = [{"role": "tool", "tool_call_id": i, "content": draw(contents)} for i in draw(st.permutations(ids))]
    return [asking, *results]


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, JsonValue]]:
    turn = st.lists(plain_messages, min_size=1, max_size=1) | st.lists(assistant_messages, min_size=1, max_size=1)
    turns = draw(st.lists(turn | tool_turns(), max_size=4))
    return [message for part in turns for message in part] + [{"role": "user", "content": draw(contents)}]


tools = st.lists(
    st.fixed_dictionaries(
        {
            "function": st.fixed_dictionaries(
                {"name": names},
                optional={
                    "description": texts,
                    "parameters": st.just({"type": "object", "properties": {"a": {"type": "string"}}}),
                    "strict": st.booleans(),
                },
            )
        },
        optional={"type": st.just("function"), "cache_control": markers, "eager_input_streaming": st.booleans()},
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda tool: tool["function"]["name"],
)
efforts = st.sampled_from(["max", "xhigh", "high", "medium", "low", "minimal", "none"])
fractions = st.floats(0, 1)
formats = st.sampled_from(
    [
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True}},
        {"type": "json_schema", "json_schema": {"name": "a", "description": "b"}},
        {"type": "grammar", "grammar": "root ::= 'a'"},
    ]
)
parameters: dict[str, st.SearchStrategy[JsonValue]] = {
    "stream": st.booleans(),
    "stream_options": st.just({"include_usage": False}),
    "max_tokens": st.integers(1, 100_000),
    "max_completion_tokens": st.integers(1, 100_000),
    "temperature": st.floats(0, 2) | st.integers(0, 2),
    "top_p": fractions,
    "top_k": st.integers(0, 100),
    "min_p": fractions,
    "top_a": fractions,
    "frequency_penalty": st.floats(-2, 2),
    "presence_penalty": st.floats(-2, 2),
    "repetition_penalty": st.floats(0, 2),
    "seed": st.integers(-(2**63), 2**63 - 1),
    "stop": texts | st.lists(texts, max_size=4),
    "logit_bias": st.just({"50256": -100}),
    "logprobs": st.just(True),
    "n": st.integers(1, 4),
    "response_format": formats,
    "structured_outputs": st.booleans(),
    "parallel_tool_calls": st.booleans(),
    "reasoning": st.fixed_dictionaries(
        {},
        optional={"effort": efforts, "exclude": st.booleans(), "enabled": st.booleans(), "max_tokens": st.just(0)},
    ),
    "include_reasoning": st.booleans(),
    "verbosity": st.sampled_from(["low", "medium", "high", "xhigh", "max"]),
    "modalities": st.just(["text", "image"]),
    "image_config": st.just({"aspect_ratio": "1:1"}),
    "prediction": st.just({"type": "content", "content": "a"}),
    "web_search_options": st.just({}),
    "plugins": st.just([{"id": "web", "max_results": 3}]),
    "transforms": st.just(["middle-out"]),
    "provider": st.just({"order": ["acme"]}),
    "route": st.just("fallback"),
    "models": st.just(["a/b", "c/d"]),
    "cache_control": markers,
    "prompt_cache_key": texts,
    "prompt_cache_options": st.just({"mode": "explicit"}),
    "session_id": texts,
    "user": texts,
    "metadata": st.just({"a": "b"}),
    "trace": st.just({"trace_id": "t"}),
    "service_tier": st.sampled_from(["auto", "default", "flex", "priority", "fast", "scale"]),
    "speed": st.just("fast"),
    "debug": st.just({"echo_upstream_body": True}),
    "usage": st.just({"include": True}),
    "safe_prompt": st.booleans(),
    "acme_mode": json_values,
}


@st.composite
def chat_requests(draw: st.DrawFn) -> dict[str, JsonValue]:
    """A valid body with any of the documented members, and two of which nobody has heard."""
    body = draw(st.fixed_dictionaries({"model": st.just("acme/rocket-1")}, optional=parameters))
    body["messages"] = draw(conversations())
    if draw(st.booleans()):
        offered = draw(tools)
        body["tools"] = offered
        named = {"type": "function", "function": {"name": offered[0]["function"]["name"]}}
        body["tool_choice"] = draw(st.sampled_from(["auto", "none", "required", named, None]))
    return body


supported = st.frozensets(
    st.sampled_from(
        [
            *("temperature", "top_p", "top_k", "min_p", "top_a", "frequency_penalty", "presence_penalty", "max_tokens"),
            *("repetition_penalty", "logit_bias", "logprobs", "prediction", "seed", "response_format", "stop", "tools"),
            *("structured_outputs", "tool_choice", "parallel_tool_calls", "reasoning", "verbosity", "n"),
            *("web_search_options", "max_completion_tokens", "reasoning_effort"),
        ]
    )
)
targets = st.builds(
    UpstreamTarget,
    provider=st.sampled_from([*OF_PROVIDER, "acme"]),
    upstream_model=st.just("rocket-1-large"),
    supported_parameters=supported,
    quirks=st.frozensets(st.sampled_from(list(REASONS)), max_size=3),
    passthrough=st.frozensets(st.sampled_from(["safe_prompt", "acme_mode"])),
    max_output_tokens=st.none() | st.just(32_000),
    max_tokens_override=st.none() | st.just(500),
    reasoning_efforts=st.none() | st.just(("high", "low")) | st.just(("none", "medium")),
    user_hash=st.none() | st.just("user_hash"),
)


def body_bytes(body: JsonValue) -> bytes:
    return msgspec.json.encode(body)
