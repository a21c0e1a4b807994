"""The samples of docs/guide/files.md, run as they are printed (only the port is another one)."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sample_files import PDF
from tests.serving import KEY, Served, environment, served

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "files.md"
SAMPLES = re.findall(r"```(sh|python)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
RUN = {"sh": ["sh", "-ec"], "python": [sys.executable, "-W", "ignore::ResourceWarning", "-c"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("guide"), {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as running:
        yield running


@pytest.mark.parametrize(("language", "sample"), SAMPLES, ids=[str(number) for number in range(len(SAMPLES))])
def test_every_sample_does_what_it_says(server: Served, tmp_path: Path, language: str, sample: str) -> None:
    (tmp_path / "report.pdf").write_bytes(PDF)
    assert "http://127.0.0.1:8080" in sample
    done = subprocess.run(
        [*RUN[language], sample.replace("http://127.0.0.1:8080", server.url)],
        cwd=tmp_path,
        env=environment(tmp_path, {"TRUNKLINE_API_KEY": KEY}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    if "chat/completions" in sample:
        assert "application/pdf" in json.loads(done.stdout)["choices"][0]["message"]["content"]
    elif language == "sh":
        assert json.loads(done.stdout)["mime_type"] == "application/pdf"
    else:
        assert "or_file_" in done.stdout
