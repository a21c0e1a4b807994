"""`trunkline catalog probe` against a provider on a real socket, and against the Sandbox."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.fakes import anthropic_messages as messages
from tests.fakes import openai_chat
from tests.fakes.openai_chat import Json
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import event, failure, sse, stall_before_head, stream
from tests.unit.cli.probing.acme import KEY, Run, do_the_rest, entry, has, has_picture, toml


def results(result: Result, model: int = 0) -> dict[str, dict[str, Any]]:
    return {one["feature"]: one for one in json.loads(result.stdout)["models"][model]["results"]}


def test_what_works_is_ok_and_the_status_is_0(run: Run, provider: FakeProvider) -> None:
    do_the_rest(provider)
    result = run("acme", endpoints=[entry(provider)])
    header, row = (line.split("\t") for line in result.stdout.splitlines())
    assert header == ["model", "text", "stream", "tools", "structured_output", "reasoning", "image_input"]
    assert row == ["acme/rocket", *["ok"] * 6]
    assert [request.json["max_tokens"] for request in provider.requests] == [16, 16, 64, 64, 2048, 16]
    assert sum(map(has_picture, provider.requests)) == 1


def test_the_most_that_it_costs_is_said_before_and_is_more_than_it_can_cost(run: Run, provider: FakeProvider) -> None:
    do_the_rest(provider)
    result = run("acme", "--json", endpoints=[entry(provider)])
    said = json.loads(result.stdout)
    assert said["requests_max"] == len(provider.requests) == 6
    sizes = sum(len(request.body) for request in provider.requests)
    output_tokens = 16 + 16 + 64 + 64 + 2048 + 16
    assert said["cost_usd_max"] > sizes * 0.000001 / 4 + output_tokens * 0.000002
    assert said["cost_usd_max"] < 0.05
    assert "6 requests to acme for 1 model, at most $0.0" in result.stderr.lower()


def test_refused_tools_are_a_no_with_the_type_and_the_providers_words(run: Run, provider: FakeProvider) -> None:
    refusal = {
        "error": {"message": f"tools are not supported, {KEY}, ada@example.com", "type": "invalid_request_error"}
    }
    provider.when(has("tools"), failure(400, content=refusal))
    do_the_rest(provider)
    found = results(run("acme", "--json", endpoints=[entry(provider)], status=1))
    tools = found.pop("tools")
    assert (tools["state"], tools["error_type"]) == ("no", "invalid_request")
    assert tools["message"] == "tools are not supported, [redacted], [redacted]"
    assert {one["state"] for one in found.values()} == {"ok"}


def test_an_answer_that_ignores_what_was_asked_is_a_no(run: Run, provider: FakeProvider) -> None:
    found = results(run("acme", "--json", endpoints=[entry(provider)], status=1))
    assert found["text"]["state"] == "ok"
    for feature in ("tools", "structured_output", "reasoning"):
        assert (found[feature]["state"], found[feature]["error_type"]) == ("no", "not_in_answer")
    assert found["tools"]["message"] == "answered without a tool call"


def test_a_rejected_key_ends_the_probe_of_every_model(run: Run, provider: FakeProvider) -> None:
    provider.always(failure(401))
    endpoints = [entry(provider), entry(provider, "acme/other")]
    result = run("acme", "--all", "--json", endpoints=endpoints, status=1)
    assert len(provider.requests) == 1
    found = results(result)
    assert (found["text"]["state"], found["text"]["error_type"]) == ("no", "provider_unavailable")
    later = [one for one in (*found.values(), *results(result, 1).values()) if one["feature"] != "text"]
    assert {one["state"] for one in later} == {"skipped"}
    assert all(one["message"].startswith("not asked any more") for one in later)
    assert KEY not in result.output


def test_a_provider_that_stays_silent_is_a_timeout_and_the_others_are_asked(run: Run, provider: FakeProvider) -> None:
    provider.when(lambda request: request.json.get("stream") is True, stall_before_head())
    do_the_rest(provider)
    found = results(run("acme", "--json", "--timeout", "0.3", endpoints=[entry(provider)], status=1))
    assert found["stream"]["error_type"] == "timeout"
    assert {one["state"] for name, one in found.items() if name != "stream"} == {"ok"}


def test_a_stream_that_stalls_in_the_middle_is_a_timeout(run: Run, provider: FakeProvider, tmp_path: Path) -> None:
    silence = asyncio.Event()
    provider.when(lambda request: request.json.get("stream") is True, stream(["He", silence, "llo"]))
    do_the_rest(provider)
    saved = tmp_path / "saved.jsonl"
    arguments = ("acme", "--json", "--timeout", "0.3", "--save", str(saved))
    found = results(run(*arguments, endpoints=[entry(provider)], status=1))
    provider.set(silence)
    assert found["stream"]["error_type"] == "timeout"
    recorded = [json.loads(line) for line in saved.read_text().splitlines()]
    assert '"He"' in recorded[1]["response"]["body"]


def test_a_stream_that_is_over_but_stays_open_is_ok(run: Run, provider: FakeProvider) -> None:
    delta = openai_chat.chunk({"content": "OK"}, model="rocket", id="c")
    end = openai_chat.chunk({}, model="rocket", id="c", finish="stop")
    provider.when(has("stream"), sse([event(delta), event(end), b"data: [DONE]\n\n"], ending="hang"))
    do_the_rest(provider)
    found = results(run("acme", "--json", "--timeout", "2", endpoints=[entry(provider)]))
    assert found["stream"]["state"] == "ok"


def test_nobody_at_the_address_ends_the_probe(run: Run, provider: FakeProvider) -> None:
    unused = entry(provider, base_url="http://127.0.0.1:9/v1")
    found = results(run("acme", "--json", endpoints=[unused], status=1))
    assert found["text"]["error_type"] == "provider_unavailable"
    assert found["stream"]["state"] == "skipped"


def test_another_protocol_is_spoken_as_well(run: Run, provider: FakeProvider) -> None:
    call: Json = {"type": "tool_use", "id": "toolu_1", "name": "say", "input": {"word": "OK"}}
    thought: Json = {"type": "thinking", "thinking": "17 * 23", "signature": "c2ln"}
    provider.when(has("stream"), messages.stream(messages.TEXT))
    provider.when(has("tools"), messages.answer(call, stop="tool_use"))
    provider.when(has("thinking"), messages.answer(thought, messages.TEXT))
    provider.always(messages.answer(messages.TEXT))
    claude = entry(provider, protocol="anthropic-messages", upstream_model="claude-sonnet-4-5")
    found = results(run("acme", "--json", endpoints=[claude], status=1))
    assert {request.path for request in provider.requests} == {"/v1/messages"}
    states = {name: one["state"] for name, one in found.items()}
    assert states.pop("structured_output") == "no"
    assert set(states.values()) == {"ok"}


def test_what_the_catalog_says_is_unsupported_is_not_asked(run: Run, provider: FakeProvider) -> None:
    plain = entry(provider, supported_parameters=["max_tokens"], input_modalities=["text"])
    found = results(run("acme", "--json", endpoints=[plain]))
    assert {name: one["state"] for name, one in found.items()} == {
        "text": "ok",
        "stream": "ok",
        "tools": "skipped",
        "structured_output": "skipped",
        "reasoning": "skipped",
        "image_input": "skipped",
    }
    assert len(provider.requests) == 2


def test_the_cheapest_model_is_probed_unless_another_is_named(run: Run, provider: FakeProvider) -> None:
    do_the_rest(provider)
    dear = entry(provider, "acme/dear", pricing={"prompt": "0.00001", "completion": "0.00002"})
    endpoints = [dear, entry(provider)]
    assert run("acme", endpoints=endpoints).stdout.splitlines()[1].startswith("acme/rocket\t")
    named = run("acme", "--model", "acme/dear", endpoints=endpoints)
    assert [line.split("\t")[0] for line in named.stdout.splitlines()[1:]] == ["acme/dear"]


def test_many_requests_need_a_yes(run: Run, provider: FakeProvider) -> None:
    do_the_rest(provider)
    endpoints = [entry(provider, f"acme/m{number}") for number in range(4)]
    assert "say --yes" in run("acme", "--all", endpoints=endpoints, status=2).stderr
    assert not provider.requests
    run("acme", "--all", "--yes", endpoints=endpoints)
    assert len(provider.requests) == 24


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("nobody",), "no provider is called 'nobody'"),
        (("acme", "--model", "acme/none"), "acme serves no chat model 'acme/none' here"),
        (("acme", "--model", "acme/rocket", "--all"), "exclude each other"),
        (("openai",), "OPENAI_API_KEY"),
        (("acme", "--timeout", "0"), "--timeout"),
    ],
)
def test_a_wrong_call_is_status_2(run: Run, provider: FakeProvider, arguments: tuple[str, ...], complaint: str) -> None:
    assert complaint in run(*arguments, endpoints=[entry(provider)], status=2).stderr
    assert not provider.requests


def test_without_any_provider_the_sandbox_can_be_probed_and_does_everything(run: Run) -> None:
    found = results(run("sandbox", "--json", "--model", "openai/gpt-5.4-mini", endpoints=[]))
    assert {one["state"] for one in found.values()} == {"ok"}


def started(folder: Path, provider: FakeProvider, *arguments: str, stderr: int) -> "subprocess.Popen[str]":
    """The command as a process of its own."""
    (folder / "trunkline.toml").write_text(toml([entry(provider)]), encoding="utf-8")
    environ = {**os.environ, "TRUNKLINE_HOME": str(folder / "home"), "TERM": "xterm", "COLUMNS": "120"}
    environ.pop("TRUNKLINE_CONFIG", None)
    command = [sys.executable, "-m", "trunkline", "catalog", "probe", "acme", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=stderr, text=True)


def test_on_a_terminal_the_count_the_rate_and_the_time_left_are_shown(tmp_path: Path, provider: FakeProvider) -> None:
    do_the_rest(provider)
    ours, theirs = pty.openpty()
    process = started(tmp_path, provider, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 65_536):
            shown += data
    except OSError:
        pass  # Linux's word for the end of a terminal
    os.close(ours)
    stdout, _ = process.communicate(timeout=90)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())
    assert re.search(r"acme/rocket image_input .* 6/6 \d+/min \d:\d\d:\d\d", text)
    assert stdout.startswith("model\ttext")


def test_an_interrupted_probe_still_tells_what_it_found(tmp_path: Path, provider: FakeProvider) -> None:
    provider.when(lambda request: request.json.get("stream") is True, stall_before_head())
    process = started(tmp_path, provider, stderr=subprocess.PIPE)
    assert provider._loop is not None
    asyncio.run_coroutine_threadsafe(provider.received(2), provider._loop).result(30)
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=90)
    assert stdout.splitlines()[1].split("\t") == ["acme/rocket", "ok"]
    assert process.returncode == 1
