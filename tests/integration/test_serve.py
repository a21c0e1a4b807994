"""`trunkline serve` as a process: first start, later starts, its end."""

import json
import os
import re
import shlex
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.serving import KEY, command, environment, served
from trunkline.cli.serving.listener import listen, port_of


def refused(home: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> str:
    """What a start that must fail says."""
    done = subprocess.run(
        command("serve", *arguments), cwd=home, env=environment(home, extra), capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_printed_curl_works_as_printed_and_is_printed_once(tmp_path: Path) -> None:
    with served(tmp_path) as first:
        assert first.process.stdout is not None
        lines = [first.process.stdout.readline() for _ in range(16)]
        text = "".join(lines)
        assert "/sign-in?token=" in text
        printed = text[text.index("curl ") :]
        answer = subprocess.run(
            [*shlex.split(printed), "--silent", "--fail"], capture_output=True, text=True, timeout=30
        )
        assert json.loads(answer.stdout)["provider"] == "Sandbox", answer.stderr
        assert first.end() == 0
    with served(tmp_path) as second:
        assert second.end() == 0
        assert "sk-tl-v1-" not in second.rest()


def test_a_given_key_works_and_is_the_same_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with served(tmp_path, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
            request = urllib.request.Request(f"{instance.url}/api/v1/key", headers={"Authorization": f"Bearer {KEY}"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert json.load(answer)["data"]["label"] == "sk-tl-v1-012...def"
            assert instance.end() == 0


def test_a_malformed_key_is_refused_and_nothing_is_created(tmp_path: Path) -> None:
    assert "TRUNKLINE_BOOTSTRAP_KEY must be" in refused(
        tmp_path, "--port", "0", extra={"TRUNKLINE_BOOTSTRAP_KEY": "sk-1"}
    )
    listed = subprocess.run(command("keys", "list"), env=environment(tmp_path), capture_output=True, text=True)
    assert "there is no account yet" in listed.stderr


def test_the_data_is_for_its_owner_only(tmp_path: Path) -> None:
    with served(tmp_path) as instance:
        instance.end()
    home = tmp_path / "data"
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "encryption.key").stat().st_mode & 0o777 == 0o600


def test_a_port_in_use_stops_the_start_before_anything_is_created(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = port_of(taken)
        assert f"port {port} is in use" in refused(tmp_path, "--port", str(port))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sevrer]\n", 'trunkline.toml:1: sevrer: unknown section; did you mean "server"?'),
        ("[server]\nworkers = 2\n", "trunkline.toml:2: server.workers: 2 workers need Redis"),
        ('[[endpoints]]\nmodel = "a/b"\nprovider = "nobody"\n', "trunkline.toml:3: endpoints[0].provider: "),
    ],
)
def test_a_configuration_that_cannot_be_used_stops_the_start_with_the_line(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "trunkline.toml").write_text(text)
    assert message in refused(tmp_path, "--port", "0")


def test_a_database_that_is_away_stops_the_start_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://somebody:hidden@127.0.0.1:1/nothing"
    said = refused(tmp_path, "--port", "0", extra={"TRUNKLINE_DATABASE__URL": url})
    assert "hidden" not in said
    assert "cannot be used" in said


def test_chat_in_the_terminal_prints_answer_tokens_and_cost(tmp_path: Path) -> None:
    with served(tmp_path, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
        arguments = command("chat", "openai/gpt-5.4-mini", "--url", instance.url)
        done = subprocess.run(
            arguments,
            input="Say hello\n",
            env=environment(tmp_path, {"TRUNKLINE_API_KEY": KEY}),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        assert "Say hello" in done.stdout
        assert re.search(r"\d+ \+ \d+ tokens, \$0\.\d+", done.stderr)
        failed = subprocess.run(
            [*arguments, "--key", "sk-tl-v1-wrong"],
            input="x\n",
            env=environment(tmp_path),
            capture_output=True,
            text=True,
        )
        assert failed.returncode == 1
        assert "401" in failed.stderr


class Ollama(BaseHTTPRequestHandler):
    """As much of a local engine as discovery asks for."""

    def do_GET(self) -> None:
        body = (
            b'{"object":"list","data":[{"id":"llama3.2:3b"},{"id":"qwen3:8b"}]}' if self.path == "/v1/models" else b""
        )
        self.send_response_only(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


def test_what_was_found_is_told_in_one_line_each(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Ollama) as engine:
        thread = threading.Thread(target=engine.serve_forever)
        thread.start()
        extra = {
            "OPENAI_API_KEY": "sk-x",
            "OLLAMA_HOST": f"127.0.0.1:{engine.server_port}",
            "TRUNKLINE_DISCOVERY__LOCAL_ENGINES": "true",
        }
        with served(tmp_path, extra) as instance:
            instance.end()
            said = instance.rest()
        engine.shutdown()
        thread.join()
    assert re.search(r"^  OpenAI: \d+ models \(key from the environment\)$", said, re.MULTILINE)
    assert f"  Ollama: 2 models (found at http://127.0.0.1:{engine.server_port}/v1)" in said.splitlines()
    assert "Sandbox" not in said


def test_a_revoked_key_stops_working_on_the_serving_process(tmp_path: Path) -> None:
    with served(tmp_path, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
        made = subprocess.run(command("keys", "create", "x", "--json"), env=environment(tmp_path), capture_output=True)
        key = json.loads(made.stdout)

        def status() -> int:
            request = urllib.request.Request(
                f"{instance.url}/api/v1/key", headers={"Authorization": f"Bearer {key['key']}"}
            )
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                with error:
                    return error.code

        assert status() == 200
        subprocess.run(command("keys", "revoke", key["hash"]), env=environment(tmp_path), check=True)
        deadline = os.times().elapsed + 5
        while status() == 200:
            assert os.times().elapsed < deadline, "the key still works after 5 s (KEY-19)"
        assert status() == 401
