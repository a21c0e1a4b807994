"""In CI a skipped test is a failed one (operating.md OP-02): what is skipped quietly is broken quietly."""

import os
from collections.abc import Iterable

import pytest
from _pytest.terminal import TerminalReporter

ALLOWED_REASONS = (
    "the recorded provider traffic is not beside this checkout",
    "the published OpenAPI description is not beside this checkout",
)
"""Other people's material that is not part of the repository (tests/recorded.py, tests/reference.py)."""


def forbidden_skips(reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> list[str]:
    """`test: reason` of everything that was skipped for another than an allowed reason."""
    found: list[str] = []
    for report in reports:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(allowed in reason for allowed in ALLOWED_REASONS):
            found.append(f"{report.nodeid}: {reason}")
    return found


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or not isinstance(reporter, TerminalReporter) or hasattr(session.config, "workerinput"):
        return
    found = forbidden_skips(reporter.stats.get("skipped", []))
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("")
        reporter.write_line("Skipped in CI, which counts as failed:", red=True)
        for line in found:
            reporter.write_line(f"  {line}", red=True)
