"""Counts the checks by feature, and writes them down."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.protocols.fidelity.chat import chat_formats
from tests.protocols.fidelity.checks import CHECKS, Check, Exchange, Excused, Format, Letter, OtherMatter
from tests.protocols.fidelity.cohere import cohere_format
from tests.protocols.fidelity.converse import converse_format
from tests.protocols.fidelity.gemini import gemini_formats
from tests.protocols.fidelity.messages import messages_formats
from tests.protocols.fidelity.responses import responses_format

PAGE = Path(__file__).resolve().parents[3] / "docs" / "develop" / "fidelity.md"

_NAMED = (
    *("text", "tool_call", "parallel_tool_calls", "tool_result", "reasoning", "reasoning_signature"),
    *("reasoning_roundtrip", "image_in", "file_in", "audio_in", "image_out", "structured_output", "cache_control"),
    *("cache_read", "cache_write", "citations", "web_search", "code_execution", "logprobs", "refusal"),
    *("content_filter", "truncated", "stop_sequence", "empty_output"),
)
_ROWS: Mapping[str, Callable[[Exchange], bool]] = {
    "**all**": lambda _: True,
    "streams": lambda exchange: exchange["stream"],
    **{name.replace("_", " "): lambda exchange, name=name: name in exchange["features"] for name in _NAMED},
    "errors": lambda exchange: any(feature.startswith("error_") for feature in exchange["features"]),
}

_HEAD = """# Fidelity

What upstreams really said, and what clients really asked them, taken through Trunkline and compared. Written by
`python -m tests.protocols.fidelity` from the recorded traffic beside the checkout; a test keeps it current.

A cell is *passed/checked*; `+n` exchanges were excused, for the reasons under the table. An exchange counts in the row
of every feature that it has.

"""


@dataclass
class Tally:
    """One cell."""

    checked: int = 0
    passed: int = 0
    excused: int = 0

    def __str__(self) -> str:
        if not self.checked and not self.excused:
            return ""
        return f"{self.passed}/{self.checked}" + (f" +{self.excused}" if self.excused else "")


@dataclass
class Measured:
    """A format's cells by row and check, why exchanges were excused, and which failed."""

    cells: dict[tuple[str, Letter], Tally] = field(default_factory=dict)
    reasons: Counter[tuple[Letter, str]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def formats() -> list[Format]:
    return [
        *chat_formats(),
        *messages_formats(),
        responses_format(),
        *gemini_formats(),
        converse_format(),
        cohere_format(),
    ]


def measure(form: Format) -> Measured:
    """Every check on every exchange of a format."""
    measured = Measured()
    for exchange in form.exchanges:
        rows = [name for name, belongs in _ROWS.items() if belongs(exchange)]
        for letter, check in form.checks.items():
            passed = _passes(check, exchange, measured, letter)
            if passed is not None:
                _count(measured, rows, letter, passed=passed)
    return measured


def _passes(check: Check, exchange: Exchange, measured: Measured, letter: Letter) -> bool | str | None:
    """Whether it does, `excused`, or None where the check is not about such exchanges."""
    try:
        check(exchange)
    except OtherMatter:
        return None
    except Excused as reason:
        measured.reasons[letter, str(reason)] += 1
        return "excused"
    except AssertionError:
        measured.failures.append(f"{exchange['id']} ({letter})")
        return False
    return True


def _count(measured: Measured, rows: Iterable[str], letter: Letter, *, passed: bool | str) -> None:
    for row in rows:
        tally = measured.cells.setdefault((row, letter), Tally())
        if passed == "excused":
            tally.excused += 1
        else:
            tally.checked += 1
            tally.passed += passed is True


def page(measured: Mapping[str, Measured]) -> str:
    """The whole page."""
    checks = "".join(f"- **{letter}**: {meaning}.\n" for letter, meaning in CHECKS.items())
    return _HEAD + checks + "".join(_section(name, one) for name, one in measured.items())


def _section(name: str, measured: Measured) -> str:
    lines = [f"\n## {name}\n", f"| | {' | '.join(CHECKS)} |", "|---" * (len(CHECKS) + 1) + "|"]
    for row in _ROWS:
        cells = [str(measured.cells.get((row, letter), "")) for letter in CHECKS]
        if any(cells):
            lines.append(f"| {row} | {' | '.join(cells)} |")
    if measured.reasons:
        lines.append("\nExcused:\n")
        lines += [f"- {letter}: {reason} ({count})" for (letter, reason), count in sorted(measured.reasons.items())]
    if measured.failures:
        lines.append(f"\nFailed: {', '.join(sorted(measured.failures))}")
    return "\n".join(lines) + "\n"
