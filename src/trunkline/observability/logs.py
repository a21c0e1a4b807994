"""Structured logs: one JSON object per line, or readable text on a terminal (operating.md OP-45).

`configure` is called once by whoever starts the process. Modules say `structlog.get_logger("trunkline.<part>")` and
write facts as keywords. What is switched off costs a method call that returns at once. Other libraries' logging
goes the same way, so that there is one format, one level and one redaction.
"""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from trunkline.core.money import format_decimal
from trunkline.observability.redaction import redact
from trunkline.settings import Telemetry

REQUESTS = "trunkline.requests"
"""The logger of the lines that `log_request` writes."""

_LEVELS = {
    "off": logging.CRITICAL + 10,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}
_requests = structlog.get_logger(REQUESTS)
_encoder = msgspec.json.Encoder(enc_hook=repr)


def configure(telemetry: Telemetry, stream: TextIO | None = None) -> None:
    """Set up the logs of this process; `stream` None: standard error. Calling it again replaces the first set-up.

    Handlers that somebody else put on the root logger (a test runner, an embedding program) stay.
    """
    terminal = (stream or sys.stderr).isatty()
    level = _LEVELS[telemetry.log_level]
    requests = telemetry.log_requests and telemetry.log_level != "off"
    as_json = telemetry.log_format == "json" or (telemetry.log_format == "auto" and not terminal)
    renderers: list[Processor] = [structlog.processors.format_exc_info, _redact, _render_json]
    if not as_json:
        console = structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=structlog.dev.plain_traceback)
        renderers = [_redact, console]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(min(level, logging.INFO if requests else logging.CRITICAL)),
        processors=[
            _Wanted(level, requests=requests),
            _name_the_logger,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            *renderers,
        ],
        logger_factory=_LineLoggers(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [*(handler for handler in root.handlers if not isinstance(handler, _Foreign)), _Foreign()]
    root.setLevel(level)


def log_request(
    *,
    request_id: str,
    route: str,
    status: int,
    duration_ms: int,
    generation_id: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    streamed: bool = False,
    first_token_ms: int | None = None,
    prompt_tokens: int | None = None,
    completion_tokens: int | None = None,
    cost_nanousd: int | None = None,
    attempts: int | None = None,
    error_type: str | None = None,
) -> None:
    """The one line of a request. Written only if `telemetry.log_requests` is on; the hot path asks that first, which
    is cheaper than being refused here.

    Takes facts about a request and has no parameter for what it said: a prompt, an answer or a key cannot be passed.
    """
    facts: dict[str, object] = {
        "request_id": request_id,
        "generation_id": generation_id,
        "route": route,
        "status": status,
        "duration_ms": duration_ms,
        "model": model,
        "provider": provider,
        "streamed": streamed,
        "first_token_ms": first_token_ms,
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "cost_usd": None if cost_nanousd is None else format_decimal(cost_nanousd, 9),
        "attempts": attempts,
        "error_type": error_type,
    }
    _requests.info("request", **{name: value for name, value in facts.items() if value is not None})


class _Wanted:
    """Request lines have a switch of their own; everything else goes by its level."""

    def __init__(self, level: int, *, requests: bool) -> None:
        self._level = level
        self._requests = requests

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        wanted = self._requests if logger.name == REQUESTS else _LEVELS.get(method, logging.ERROR) >= self._level
        if not wanted:
            raise structlog.DropEvent
        return event


class _LineLogger:
    """Writes finished lines; knows its name so that a processor can add it."""

    def __init__(self, name: str, stream: TextIO | None) -> None:
        self.name = name
        self._stream = stream

    def msg(self, line: str) -> None:
        stream = self._stream or sys.stderr  # asked each time: whoever redirects standard error means us too
        with suppress(OSError, ValueError):  # a full disk or a closed pipe must not fail the request that logs
            stream.write(f"{line}\n")
            stream.flush()

    debug = info = warning = error = critical = msg


class _LineLoggers:
    """structlog's logger factory: `get_logger("trunkline.app")` arrives here as the name."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __call__(self, *names: str) -> _LineLogger:
        return _LineLogger(names[0] if names else "trunkline", self._stream)


class _Foreign(logging.Handler):
    """What libraries say through the standard library's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname.lower()
        structlog.get_logger(record.name).log(
            record.levelno if level in _LEVELS else logging.ERROR, record.getMessage(), exc_info=record.exc_info
        )


def _name_the_logger(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["logger"] = logger.name
    return event


def _redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if name != "exc_info":  # an exception for the console's renderer; JSON has it as text by now
            event[name] = redact(name, value)
    return event


def _render_json(logger: WrappedLogger, method: str, event: MutableMapping[str, object]) -> str:
    return _encoder.encode(event).decode()
