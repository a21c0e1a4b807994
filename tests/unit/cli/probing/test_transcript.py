"""What `--save` keeps: the form of recorded traffic, and nothing of whose it was."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, body, stream
from tests.unit.cli.probing.acme import KEY, Run, do_the_rest, entry
from trunkline.gateway.probing.cleaning import clean_body, clean_headers
from trunkline.gateway.probing.picture import PICTURE_URL
from trunkline.protocols.answers import AnswerIdentity
from trunkline.protocols.chat.answers import AnswerOptions, open_body, open_stream

IDENTITY = AnswerIdentity(generation_id="gen-1-a", created_s=1, model="acme/rocket", provider="Acme")


def saved(run: Run, provider: FakeProvider, path: Path, status: int = 0) -> list[dict[str, Any]]:
    run("acme", "--save", str(path), endpoints=[entry(provider)], status=status)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_exchange_is_a_line_in_the_form_of_recorded_traffic(
    run: Run, provider: FakeProvider, tmp_path: Path
) -> None:
    do_the_rest(provider)
    recorded = saved(run, provider, tmp_path / "t.jsonl")
    assert [one["features"] for one in recorded] == [
        ["text"], ["stream"], ["tools"], ["structured_output"], ["reasoning"], ["image_input"]
    ]  # fmt: skip
    text = recorded[0]
    assert text["id"].endswith("-00")
    assert len({one["id"] for one in recorded}) == 6
    assert (text["provider"], text["protocol"], text["model"]) == ("acme", "openai-chat", "rocket")
    assert [one["stream"] for one in recorded] == [False, True, False, False, False, False]
    request = text["request"]
    assert (request["method"], request["path"]) == ("POST", "/v1/chat/completions")
    assert request["url"] == "http://acme.example/v1/chat/completions"
    assert request["headers"] == {"content-type": "application/json", "accept": "application/json"}
    assert request["body"] == provider.requests[0].json
    assert text["fidelity"] == {"request": "reserialised", "response": "raw"}
    assert text["response"]["status"] == 200
    assert text["response"]["headers"] == {"content-type": "application/json"}


def test_a_transcript_can_be_replayed_through_the_decoders(run: Run, provider: FakeProvider, tmp_path: Path) -> None:
    do_the_rest(provider)
    for one in saved(run, provider, tmp_path / "t.jsonl"):
        data = one["response"]["body"].encode()
        if one["stream"]:
            relay = open_stream("native", IDENTITY, AnswerOptions())
            relay.feed(data)
            relay.close()
            facts = relay.facts
        else:
            facts = open_body("native", data, IDENTITY, AnswerOptions()).facts
        assert facts.fault is None
        assert facts.content_seen
        assert facts.usage is not None


def test_no_key_account_or_address_is_kept(run: Run, provider: FakeProvider, tmp_path: Path) -> None:
    do_the_rest(provider)
    private = {"openai-organization": "org-Abc123456", "set-cookie": "a=b", "x-ratelimit-remaining-requests": "7"}
    provider.then(answer(f"I am {KEY} of ada@example.com", headers=private))
    provider.then(stream([f"key {KEY}", " ", "org-A1b2C3d4E5f6"]))
    path = tmp_path / "t.jsonl"
    recorded = saved(run, provider, path)
    text = path.read_text(encoding="utf-8")
    for secret in (KEY, "ada@example.com", "org-A", "127.0.0.1", "a=b", "authorization"):
        assert secret not in text
    assert recorded[0]["response"]["headers"] == {
        "content-type": "application/json",
        "x-ratelimit-remaining-requests": "7",
    }
    assert [one["fidelity"]["response"] for one in recorded[:3]] == ["redacted", "redacted", "raw"]
    assert PICTURE_URL in text


def test_a_second_probe_is_appended(run: Run, provider: FakeProvider, tmp_path: Path) -> None:
    do_the_rest(provider)
    path = tmp_path / "t.jsonl"
    assert len(saved(run, provider, path)) == 6
    recorded = saved(run, provider, path)
    assert len({one["id"] for one in recorded}) == 12


def test_an_answer_that_is_no_json_is_kept_as_text(run: Run, provider: FakeProvider, tmp_path: Path) -> None:
    do_the_rest(provider)
    provider.then(body("<html>busy</html>", status=503, content_type="text/html"))
    first = saved(run, provider, tmp_path / "t.jsonl", status=1)[0]
    assert first["response"] == {
        "status": 503,
        "headers": {"content-type": "text/html"},
        "body": "<html>busy</html>",
    }


@pytest.mark.parametrize(
    "text",
    ['{"a": 1.50,  "b": [null, true]}', 'data: {"a":  1}\n\ndata: [DONE]\n\n', "event: ping\r\ndata: {}\r\n\r\n", ""],
)
def test_what_holds_nothing_to_remove_stays_byte_for_byte(text: str) -> None:
    assert clean_body(text, ()) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ('{"api_key": "abcd1234", "n": 1}', '{"api_key":"[redacted]","n":1}'),
        ('{"signature": null, "to": "ada@example.com"}', '{"signature":null,"to":"[redacted]"}'),
        ('data: {"to": "ada@example.com"}\r\n\r\n', 'data: {"to":"[redacted]"}\r\n\r\n'),
        ('{"deep": [[["hidden-value"]]]}', '{"deep":[[["[redacted]"]]]}'),
    ],
)
def test_json_stays_json_when_something_is_removed(text: str, cleaned: str) -> None:
    assert clean_body(text, ("hidden-value",)) == cleaned


def test_of_the_headers_only_harmless_ones_are_kept() -> None:
    given = [("anthropic-version", "2023-06-01"), ("x-api-key", "k"), ("cookie", "c"), ("retry-after", "3")]
    assert clean_headers(given, ()) == {"anthropic-version": "2023-06-01", "retry-after": "3"}
