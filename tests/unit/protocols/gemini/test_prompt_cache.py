"""Which prefix of a request is cached, and that nothing of the request gets lost by it."""

import copy
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.protocols.gemini.requests import NEWEST, PNG, call, target, user
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.gemini.hosts import AI_STUDIO, VERTEX, Host
from trunkline.protocols.gemini.prompt_cache import CacheableRequest
from trunkline.protocols.gemini.protocol import GeminiProtocol

LONG = "All about the sea. " * 300
MARK = {"cache_control": {"type": "ephemeral"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
URL = "https://host/v1beta/models/gemini-3-flash-preview:generateContent"
Json = dict[str, Any]


def text(words: str, *, marked: bool = False) -> Json:
    return {"type": "text", "text": words, **(MARK if marked else {})}


def encoded(
    *messages: Json, model: str = NEWEST, host: Host = AI_STUDIO, **members: Any
) -> tuple[Json, CacheableRequest | None]:
    body = {"model": "google/some", "messages": list(messages), **members}
    hub = to_hub(parse_chat(msgspec.json.encode(body), ParseLimits()))
    to = target(model, passthrough=frozenset({"cachedContent"}))
    plain, cacheable = GeminiProtocol(host).encode_cacheable(hub, to)
    assert plain == GeminiProtocol(host).encode(hub, to)
    return msgspec.json.decode(plain), cacheable


def parts_of(cacheable: CacheableRequest | None) -> tuple[Json, Json]:
    """What is cached, and what is asked with it."""
    assert cacheable is not None
    creation = msgspec.json.decode(cacheable.creation(URL)[1])
    assert creation.pop("ttl") == "300s"
    assert creation.pop("model") == "models/gemini-3-flash-preview"
    asked = msgspec.json.decode(cacheable.using("cachedContents/1"))
    assert asked.pop("cachedContent") == "cachedContents/1"
    return creation, asked


def joined(before: list[Json], after: list[Json]) -> list[Json]:
    """Contents as they were before they were split."""
    whole = copy.deepcopy(before)
    for content in copy.deepcopy(after):
        if whole and whole[-1]["role"] == content["role"]:
            whole[-1]["parts"] += content["parts"]
        else:
            whole.append(content)
    return whole


def test_without_markers_nothing_is_cached() -> None:
    assert encoded(user(LONG))[1] is None


def test_marked_part_of_a_turn_ends_the_prefix_and_the_question_stays() -> None:
    messages = {"role": "system", "content": "Be brief."}, user([text(LONG, marked=True), text("Why?")])
    cached, asked = parts_of(encoded(*messages, tools=[TOOL], tool_choice="required")[1])
    assert cached["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert cached["contents"] == [{"role": "user", "parts": [{"text": LONG}]}]
    assert cached["tools"][0]["functionDeclarations"][0]["name"] == "f"
    assert cached["toolConfig"] == {"functionCallingConfig": {"mode": "ANY"}}
    assert asked["contents"] == [{"role": "user", "parts": [{"text": "Why?"}]}]
    assert not asked.keys() & cached.keys() - {"contents"}
    assert "safetySettings" in asked


def test_only_the_last_marker_counts() -> None:
    turns = user([text(LONG, marked=True)]), {"role": "assistant", "content": [text("Yes.", marked=True)]}, user("So?")
    cached, asked = parts_of(encoded(*turns)[1])
    assert [content["role"] for content in cached["contents"]] == ["user", "model"]
    assert asked["contents"] == [{"role": "user", "parts": [{"text": "So?"}]}]


def test_marker_behind_which_nothing_is_left_gives_way_to_the_one_before() -> None:
    system = {"role": "system", "content": [text(LONG, marked=True)]}
    cached, asked = parts_of(encoded(system, user([text("Why?", marked=True)]))[1])
    assert cached == {"systemInstruction": {"parts": [{"text": LONG}]}}
    assert asked["contents"] == [{"role": "user", "parts": [{"text": "Why?"}]}]
    assert encoded(user([text(LONG, marked=True)]))[1] is None


def test_marker_on_a_tool_caches_tools_and_system() -> None:
    cached, _ = parts_of(encoded({"role": "system", "content": LONG}, user("Hi"), tools=[{**TOOL, **MARK}])[1])
    assert set(cached) == {"systemInstruction", "tools"}


def test_results_stay_with_their_calls() -> None:
    calls = {"role": "assistant", "content": [text("Hm.", marked=True)], "tool_calls": [call("1", "f"), call("2", "f")]}
    results = [{"role": "tool", "tool_call_id": one, "content": [text(LONG, marked=one == "1")]} for one in "12"]
    cached, asked = parts_of(encoded(user(LONG), calls, *results, user("So?"), tools=[TOOL])[1])
    kinds = [next(iter(part)) for content in cached["contents"] for part in content["parts"]]
    assert kinds.count("functionResponse") == 2
    assert asked["contents"] == [{"role": "user", "parts": [{"text": "So?"}]}]
    # The turn with the calls is never cut in two, nor from its results.
    assert encoded(user(LONG), calls, *({**one, "content": "x"} for one in results), tools=[TOOL])[1] is None


def test_prefix_below_the_models_minimum_is_not_cached() -> None:
    short = user([text("a" * 4_000, marked=True), text("Why?")])
    enough = user([text("a" * 4_200, marked=True), text("Why?")])
    assert encoded(short)[1] is None
    assert encoded(enough)[1] is not None
    assert encoded(enough, model="gemini-2.5-pro")[1] is None
    assert encoded(enough, model="gemma-3-27b-it")[1] is None


def test_media_are_left_to_the_upstream_to_count() -> None:
    image = {"type": "image_url", "image_url": {"url": PNG}, **MARK}
    assert encoded(user([image, text("What is it?")]))[1] is not None


def test_callers_own_cached_content_is_left_alone() -> None:
    marked = user([text(LONG, marked=True), text("Why?")])
    assert encoded(marked, cachedContent="cachedContents/mine")[1] is None


def test_top_level_marker_makes_no_cache() -> None:
    assert encoded(user(LONG), user("Why?"), cache_control={"type": "ephemeral"})[1] is None


def test_vertex_names_the_model_by_its_project() -> None:
    _, cacheable = encoded(user([text(LONG, marked=True), text("Why?")]), host=VERTEX)
    assert cacheable is not None
    base = "https://eu-aiplatform.googleapis.com/v1/projects/acme/locations/eu"
    url, body = cacheable.creation(f"{base}/publishers/google/models/{NEWEST}:streamGenerateContent?alt=sse")
    assert url == f"{base}/cachedContents"
    named = msgspec.json.decode(body)["model"]
    assert named == f"projects/acme/locations/eu/publishers/google/models/{NEWEST}"


def test_equal_prefixes_have_equal_digests_and_others_do_not() -> None:
    def digest(prefix: str, question: str, **members: Any) -> bytes:
        _, cacheable = encoded(user([text(prefix, marked=True), text(question)]), **members)
        assert cacheable is not None
        return cacheable.digest

    assert digest(LONG, "a") == digest(LONG, "b", temperature=0.5, stream=True)
    others = [digest(LONG + ".", "a"), digest(LONG, "a", tools=[TOOL]), digest(LONG, "a", model="gemini-2.5-flash")]
    assert len({digest(LONG, "a"), *others}) == 4


def test_answer_of_a_creation_is_read_and_anything_else_is_none() -> None:
    _, cacheable = encoded(user([text(LONG, marked=True), text("Why?")]))
    assert cacheable is not None
    created = cacheable.created(b'{"name":"cachedContents/x1","usageMetadata":{"totalTokenCount":77}}')
    assert created is not None
    assert (created.name, created.tokens) == ("cachedContents/x1", 77)
    for junk in (b"", b"[]", b"{}", b'{"name":"files/1"}', b'{"name":"cachedContents/x","usageMetadata":[]}', b"\xff"):
        assert cacheable.created(junk) is None


@given(junk=st.binary(max_size=200))
def test_whatever_a_creation_answers_nothing_is_raised(junk: bytes) -> None:
    CacheableRequest("models/x", b"{}", b"{}").created(junk)


_words = st.text(alphabet="abc", min_size=1, max_size=3)
_part = st.builds(lambda words, marked: text(words, marked=marked), _words, st.booleans())
_turn = st.builds(
    lambda role, parts: {"role": role, "content": parts},
    st.sampled_from(["user", "assistant", "system"]),
    st.lists(_part, min_size=1, max_size=3),
)


@given(turns=st.lists(_turn, min_size=1, max_size=6))
def test_prefix_and_rest_are_the_whole_request(turns: list[Json]) -> None:
    opening = user([text(LONG, marked=True), text("?")])
    plain, cacheable = encoded(opening, *turns)
    cached, asked = parts_of(cacheable)
    assert asked["contents"]
    assert joined(cached.pop("contents", []), asked.pop("contents")) == plain.pop("contents")
    assert {**cached, **asked} == plain
