import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from trunkline.catalog.snapshot import build_snapshot
from trunkline.cli.probes import (
    Finding,
    probe_database,
    probe_disk,
    probe_half_configured,
    probe_home,
    probe_providers,
)
from trunkline.core.clock import SystemClock
from trunkline.providers.registry import build_providers
from trunkline.settings import Database, Discovery, ProviderSettings, Settings


class Answering(BaseHTTPRequestHandler):
    """A provider's list of models: for the key `good` only, with a clock that may be wrong."""

    clock_ahead_s = 0.0

    def do_GET(self) -> None:
        status = 200 if self.headers["Authorization"] == "Bearer good" else 401
        self.send_response_only(status if self.path == "/v1/models" else 404)
        self.send_header("Date", formatdate(SystemClock().now_ms() / 1000 + self.clock_ahead_s, usegmt=True))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@contextmanager
def provider(clock_ahead_s: float = 0.0) -> Generator[str]:
    handler = type("Handler", (Answering,), {"clock_ahead_s": clock_ahead_s})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def probed(home: Path, base_url: str, key: str) -> list[Finding]:
    settings = Settings(home=home, providers={"openai": ProviderSettings(base_url=base_url, api_key=key)})
    return probe_providers(build_providers(settings, build_snapshot(settings), {}), SystemClock())


def test_a_key_that_the_provider_takes_is_fine(tmp_path: Path) -> None:
    with provider() as url:
        (finding,) = probed(tmp_path, url, "good")
    assert (finding.subject, finding.state) == ("OpenAI", "ok")


def test_a_refused_key_fails_and_names_the_variable_and_the_setting(tmp_path: Path) -> None:
    with provider() as url:
        (finding,) = probed(tmp_path, url, "bad")
    assert finding.state == "failed"
    assert "OPENAI_API_KEY" in finding.remedy
    assert "[providers.openai] api_key" in finding.remedy
    assert "bad" not in finding.message + finding.remedy


def test_a_provider_that_cannot_be_reached_fails_and_names_where_to_look(tmp_path: Path) -> None:
    (finding,) = probed(tmp_path, "http://127.0.0.1:1/v1", "good")
    assert finding.state == "failed"
    assert "base_url" in finding.remedy


@pytest.mark.parametrize(("ahead_s", "words"), [(600.0, "behind the provider"), (-600.0, "ahead of the provider")])
def test_a_clock_that_is_wrong_is_noticed_by_the_providers_date(tmp_path: Path, ahead_s: float, words: str) -> None:
    with provider(ahead_s) as url:
        (_, clock) = probed(tmp_path, url, "good")
    assert clock.subject == "clock"
    assert words in clock.message


def test_without_providers_the_sandbox_is_said_to_answer(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, discovery=Discovery(environment=False))
    (finding,) = probe_providers(build_providers(settings, build_snapshot(settings), {}), SystemClock())
    assert (finding.state, finding.subject) == ("warning", "providers")


def test_a_home_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    assert probe_home(home).state == "ok"
    (home / "trunkline.db").write_text("")
    (home / "trunkline.db").chmod(0o644)
    assert probe_home(home).remedy == f"chmod 700 {home}"
    home.chmod(0o700)
    assert probe_home(home).state == "ok"


def test_a_home_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    assert probe_home(tmp_path / "no").state == "ok"
    assert probe_disk(tmp_path / "no" / "such").state in ("ok", "warning")


def test_a_database_that_is_away_fails_and_hides_its_password(tmp_path: Path) -> None:
    url = "postgresql://somebody:hidden@127.0.0.1:1/nothing"
    (finding,) = probe_database(Settings(home=tmp_path, database=Database(url=url)))
    assert finding.state == "failed"
    assert "hidden" not in finding.message + finding.remedy


def test_a_file_that_is_no_database_of_ours_fails(tmp_path: Path) -> None:
    (tmp_path / "trunkline.db").write_bytes(b"not a database at all" * 100)
    (finding,) = probe_database(Settings(home=tmp_path))
    assert finding.state == "failed"


def test_no_database_yet_is_fine_and_none_is_made(tmp_path: Path) -> None:
    (finding,) = probe_database(Settings(home=tmp_path))
    assert finding.state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_provider_that_signs_without_keys_fails_and_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    settings = Settings(home=tmp_path, providers={"amazon-bedrock": ProviderSettings(credentials="team")})
    (finding,) = probe_providers(build_providers(settings, build_snapshot(settings), {}), SystemClock())
    assert (finding.subject, finding.state) == ("Amazon Bedrock", "failed")
    assert "ProfileNotFound" in finding.message
    assert "AWS_PROFILE" in finding.remedy


def test_keys_that_sign_are_there_but_no_call_is_made_with_them(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    environ = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}
    (finding,) = probe_providers(build_providers(settings, build_snapshot(settings), environ), SystemClock())
    assert finding == Finding(
        "Amazon Bedrock",
        "warning",
        "has no free call: its credentials are there, but were not tried",
        "send it a request",
    )


@pytest.mark.parametrize(
    ("environ", "missing_module", "remedy"),
    [
        ({"GOOGLE_APPLICATION_CREDENTIALS": "/k.json"}, None, "set GOOGLE_VERTEX_PROJECT"),
        (
            {"AWS_PROFILE": "team"},
            "botocore",
            "install what signs its requests: pip install 'trunkline[aws]'",
        ),
    ],
)
def test_half_of_what_signing_needs_is_a_warning_with_the_other_half(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    missing_module: str | None,
    remedy: str,
) -> None:
    if missing_module is not None:
        monkeypatch.setitem(sys.modules, missing_module, None)
    settings = Settings(home=tmp_path)
    snapshot = build_snapshot(settings)
    (finding,) = probe_half_configured(settings, snapshot, build_providers(settings, snapshot, environ), environ)
    assert (finding.state, finding.message) == ("warning", "has credentials, but cannot be called")
    assert finding.remedy == remedy
