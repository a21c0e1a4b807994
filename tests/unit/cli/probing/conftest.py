"""The provider, and the command in front of it."""

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.fakes.provider import FakeProvider
from tests.unit.cli.probing.acme import Run, toml
from trunkline.cli.main import cli


@pytest.fixture
def provider() -> Generator[FakeProvider]:
    with FakeProvider.in_thread() as fake:
        yield fake


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Probe with these endpoints configured, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, endpoints: list[dict[str, Any]], status: int = 0) -> Result:
        (tmp_path / "trunkline.toml").write_text(toml(endpoints), encoding="utf-8")
        environ: Mapping[str, str | None] = {"TRUNKLINE_HOME": str(tmp_path / "home"), "TRUNKLINE_CONFIG": None}
        result = CliRunner().invoke(cli, ["catalog", "probe", *arguments], env=environ, prog_name="trunkline")
        assert result.exit_code == status, result.output
        return result

    return invoke
