"""Every recorded chat exchange through the whole gateway, natively and through the hub.

What our client receives is compared with an independent reading of the recording (tests/protocols/chat_reader.py), and
what the provider receives with the recorded request.
"""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Literal

import msgspec
import pytest
import pytest_asyncio

from tests.e2e.recorded_replay import Replay, Replayed, replay
from tests.protocols.chat_reader import Answer, read
from tests.protocols.test_chat_request_paths import meaning
from tests.protocols.test_chat_request_recorded import DROPPED, REASONING, REFUSED, expected
from tests.protocols.test_chat_response_recorded import (
    FAULTY,
    SAYS_NOTHING,
    expected_finish,
    normal_calls,
    without_minted_ids,
)
from tests.recorded import requires_recorded

pytestmark = requires_recorded

STATUS = {400: 400, 401: 502, 403: 403, 404: 404, 422: 422, 429: 429, 500: 500}
"""Recorded status → ours (inference.md 5.5). A rejected credential is the operator's, not the caller's."""
UNKNOWN_MODEL = {"b2b4a542d3-00", "b9762739e6-00", "f4d7a834ed-00", "fcfb32a94e-00"}
"""Refused with 400 for a model that the provider does not have: 404 for our caller."""
COUNTED_IN_TOTAL_ONLY = {"37f705f4c5-00"}
"""Google's dialect counts thoughts in the total alone; that needs its quirk."""
SECRET = re.compile(r"upstream-secret|sk-[a-zA-Z0-9]|Bearer|Traceback|/site-packages/|api[_ ]key (?:provided|is)", re.I)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["auto", "hub"])
async def replayed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replay]:
    path: Literal["auto", "hub"] = request.param
    done = await replay(path, tmp_path_factory.mktemp(path))
    streams = sum(one.stream for one in done.replayed)
    statuses = Counter(one.response.status_code for one in done.replayed)
    print(
        f"{path}: {len(done.replayed)} exchanges, {streams} of them streams; statuses {dict(sorted(statuses.items()))}"
    )
    yield done


def good(replayed: Replay) -> list[tuple[Replayed, Answer, Answer]]:
    """Each answer that ended in order: (exchange, what the provider said, what our client got)."""
    return [
        (one, read(one.exchange["response"]["body"], stream=one.stream), read(one.response.text, stream=one.stream))
        for one in replayed.replayed
        if one.exchange["response"]["status"] == 200 and one.id not in FAULTY
    ]


def excludes_reasoning(one: Replayed) -> bool:
    reasoning: dict[str, Any] = one.asked.get("reasoning") or {}
    return bool(reasoning.get("exclude")) or one.asked.get("include_reasoning") is False


def test_every_exchange_was_answered_and_the_books_agree(replayed: Replay) -> None:
    assert len(replayed.replayed) > 1250
    assert len(good(replayed)) > 1200
    assert replayed.audit == []
    costs = [got.usage["cost"] for _, _, got in good(replayed) if got.usage is not None]
    assert replayed.spent_usd == pytest.approx(sum(costs))


def test_text_reasoning_calls_refusals_logprobs_and_media_arrive_as_sent(replayed: Replay) -> None:
    for one, sent, got in good(replayed):
        assert one.response.status_code == 200, (one.id, one.response.text)
        assert got.error is None, one.id
        assert got.choices.keys() == sent.choices.keys(), one.id
        for index, choice in sent.choices.items():
            received = without_minted_ids(got.choices[index], choice)
            assert received.text == choice.text, one.id
            assert received.reasoning == ("" if excludes_reasoning(one) else choice.reasoning), one.id
            assert received.calls == normal_calls(choice), one.id
            assert received.refusal == choice.refusal, one.id
            assert received.tokens == choice.tokens, one.id
            assert received.images == choice.images, one.id
            assert received.audio == choice.audio, one.id


def test_reasoning_details_annotations_and_unknown_members_are_not_dropped(replayed: Replay) -> None:
    for one, sent, got in good(replayed):
        for index, choice in sent.choices.items():
            received = got.choices[index]
            details = [] if excludes_reasoning(one) else choice.details
            assert [detail for detail in received.details if detail in choice.details] == details, one.id
            assert received.annotations[: len(choice.annotations)] == choice.annotations, one.id
            assert not Counter(choice.unknown) - Counter(received.unknown), one.id


def test_finish_reasons_are_ours_with_the_providers_word_beside(replayed: Replay) -> None:
    for one, sent, got in good(replayed):
        for index, choice in sent.choices.items():
            omitted = one.exchange["provider"] == "snowflake"
            assert got.choices[index].finish == expected_finish(choice, omitted=omitted), one.id
            assert (got.choices[index].finish is None) == (one.id in SAYS_NOTHING), one.id
            if choice.finish:
                assert got.choices[index].native_finish == choice.native_finish, one.id


def test_usage_is_the_providers_and_its_total_is_kept(replayed: Replay) -> None:
    for one, sent, got in good(replayed):
        counts = got.usage
        assert counts is not None, one.id
        assert counts["cost"] >= 0
        if sent.usage is None or not sent.usage.get("total_tokens") or one.id in COUNTED_IN_TOTAL_ONLY:
            continue
        assert counts["prompt_tokens"] + counts["completion_tokens"] == sent.usage["total_tokens"], one.id
        assert counts["total_tokens"] == sent.usage["total_tokens"], one.id
        details: dict[str, Any] = sent.usage.get("prompt_tokens_details") or {}
        if details.get("cached_tokens") is not None:
            # One provider counts more tokens from its cache than in the prompt.
            cached = min(details["cached_tokens"], counts["prompt_tokens"])
            assert counts["prompt_tokens_details"]["cached_tokens"] == cached, one.id


def test_broken_answers_are_given_as_far_as_they_came_and_cost_nothing(replayed: Replay) -> None:
    broken = [one for one in replayed.replayed if one.id in FAULTY]
    assert len(broken) == len(FAULTY)
    for one in broken:
        sent = read(one.exchange["response"]["body"], stream=one.stream)
        if not any(choice.text or choice.reasoning or choice.calls for choice in sent.choices.values()):
            assert one.response.json()["error"]["code"] == one.response.status_code == 502, one.id
            continue
        got = read(one.response.text, stream=one.stream)
        error = got.error if one.stream else one.response.json()["choices"][0]["error"]
        assert error["code"] >= 400, one.id
        assert error["metadata"]["error_type"], one.id
        assert got.usage is not None
        assert got.usage["cost"] == 0, one.id
        for index, choice in sent.choices.items():
            received = got.choices[index]
            assert (received.text, received.reasoning) == (choice.text, choice.reasoning), one.id
            assert received.finish == "error", one.id


def test_refusals_of_providers_have_the_right_status_and_show_nothing_that_is_not_the_callers(replayed: Replay) -> None:
    refused = [one for one in replayed.replayed if one.exchange["response"]["status"] >= 400]
    assert len(refused) > 50
    for one in refused:
        status, text = one.exchange["response"]["status"], one.response.text
        assert one.response.status_code == (404 if one.id in UNKNOWN_MODEL else STATUS[status]), one.id
        assert one.response.json()["error"]["code"] == one.response.status_code
        assert not SECRET.search(text), (one.id, text)
        if status in (401, 500):
            assert "raw" not in one.response.json()["error"].get("metadata", {}), one.id
        if status == 500:
            assert one.exchange["response"]["body"] not in text


def test_requests_arrive_with_all_that_the_client_said(replayed: Replay) -> None:
    """Leaf by leaf, but for what the gateway drops or translates by rule."""
    ours = DROPPED | REASONING
    for one in replayed.replayed:
        said: Any = meaning(msgspec.json.encode(expected(one.asked)))
        for tool in said.get("tools", []):
            tool.setdefault("type", "function")
        received = meaning(msgspec.json.encode(one.sent))
        assert {n: v for n, v in received.items() if n not in ours} == {
            n: v for n, v in said.items() if n not in ours
        }, one.id
        assert one.sent.get("stream", False) == one.stream, one.id


def test_requests_that_we_refuse_are_the_listed_ones(replayed: Replay) -> None:
    refused = [one for one in replayed.replayed if one.own_refusal is not None]
    assert Counter(one.exchange["provider"] for one in refused) == Counter(
        provider for provider, _ in Counter(REFUSED).elements()
    )


def test_every_answer_has_the_shape_that_strict_clients_insist_on(replayed: Replay) -> None:
    assert replayed.shape_problems == []
    for one in replayed.replayed:
        if one.stream and one.response.status_code == 200:
            assert one.response.text.endswith("data: [DONE]\n\n"), one.id
        elif one.response.status_code == 200:
            assert one.response.headers["x-generation-id"] == json.loads(one.response.text)["id"], one.id
