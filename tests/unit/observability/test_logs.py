"""Logs as an operator reads them: one JSON object per line, by level, without secrets."""

import io
import logging
from collections.abc import Iterator

import msgspec
import pytest
import structlog

from trunkline.observability import logs
from trunkline.observability.redaction import REDACTED
from trunkline.settings import Telemetry


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [msgspec.json.decode(line, type=dict[str, object]) for line in stream.getvalue().splitlines()]


def configured(**fields: object) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(msgspec.convert(fields, Telemetry), stream)
    return stream


def say_everything() -> None:
    log = structlog.get_logger("trunkline.test")
    for level in ("debug", "info", "warning", "error"):
        getattr(log, level)(f"a {level}")


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("off", []),
        ("error", ["a error"]),
        ("warning", ["a warning", "a error"]),
        ("info", ["a info", "a warning", "a error"]),
        ("debug", ["a debug", "a info", "a warning", "a error"]),
    ],
)
@pytest.mark.parametrize("log_requests", [True, False])
def test_the_level_decides_what_is_said(level: str, said: list[str], log_requests: bool) -> None:
    stream = configured(log_level=level, log_requests=log_requests)
    say_everything()
    assert [line["event"] for line in lines(stream)] == said


@pytest.mark.parametrize("level", ["error", "warning", "info", "debug"])
def test_request_lines_have_their_own_switch(level: str) -> None:
    on, off = configured(log_level=level, log_requests=True), None
    logs.log_request(request_id="req-1", route="/chat/completions", status=200, duration_ms=12)
    assert len(lines(on)) == 1
    off = configured(log_level=level, log_requests=False)
    logs.log_request(request_id="req-1", route="/chat/completions", status=200, duration_ms=12)
    assert lines(off) == []


def test_off_silences_request_lines_too() -> None:
    stream = configured(log_level="off", log_requests=True)
    logs.log_request(request_id="req-1", route="/chat/completions", status=200, duration_ms=12)
    logging.getLogger("uvicorn.error").critical("on fire")
    assert stream.getvalue() == ""


def test_a_request_line_says_who_served_it_and_what_it_cost() -> None:
    stream = configured(log_requests=True)
    logs.log_request(
        request_id="req-1",
        route="/chat/completions",
        status=200,
        duration_ms=12,
        model="acme/rocket-1",
        provider="Acme",
        cost_nanousd=300,
        prompt_tokens=10,
    )
    (line,) = lines(stream)
    assert isinstance(line.pop("time"), str)
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "trunkline.requests",
        "request_id": "req-1",
        "route": "/chat/completions",
        "status": 200,
        "duration_ms": 12,
        "model": "acme/rocket-1",
        "provider": "Acme",
        "streamed": False,
        "prompt_tokens": 10,
        "cost_usd": "0.0000003",
    }


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_credentials_are_redacted_wherever_they_stand(log_format: str) -> None:
    stream = configured(log_format=log_format)
    log = structlog.get_logger("trunkline.test")
    log.warning("refused sk-proj-0123456789", api_key="hunter2", headers={"authorization": "Bearer hunter2hunter2"})
    assert "0123456789" not in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
    assert REDACTED in stream.getvalue()


def test_an_exception_is_told_without_the_credential_in_its_message() -> None:
    stream = configured()
    try:
        raise ValueError("key sk-proj-0123456789 is no good")
    except ValueError:
        structlog.get_logger("trunkline.test").exception("failed")
    (line,) = lines(stream)
    assert "ValueError" in str(line["exception"])
    assert "0123456789" not in stream.getvalue()


def test_what_other_libraries_log_comes_out_the_same_way() -> None:
    stream = configured()
    logging.getLogger("some.library").warning("token=%s", "sk-proj-0123456789")
    logging.getLogger("some.library").info("chatter")
    (line,) = lines(stream)
    assert (line["logger"], line["level"]) == ("some.library", "warning")
    assert "0123456789" not in stream.getvalue()


def test_a_value_that_is_no_json_is_logged_by_its_repr() -> None:
    stream = configured()
    structlog.get_logger("trunkline.test").warning("odd", path=object(), nan=float("nan"), raw=b"\xff")
    assert len(lines(stream)) == 1


def test_a_log_that_cannot_be_written_does_not_fail_its_caller() -> None:
    stream = configured()
    stream.close()
    structlog.get_logger("trunkline.test").warning("into the void")


def test_handlers_of_an_embedding_program_stay_and_ours_is_there_once() -> None:
    theirs = logging.NullHandler()
    logging.getLogger().addHandler(theirs)
    configured()
    stream = configured()
    logging.getLogger("some.library").warning("once")
    assert theirs in logging.getLogger().handlers
    assert len(lines(stream)) == 1


def test_standard_error_is_where_logs_go(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Telemetry())
    structlog.get_logger("trunkline.test").warning("hello")
    captured = capsys.readouterr()
    assert '"event":"hello"' in captured.err
    assert captured.out == ""
