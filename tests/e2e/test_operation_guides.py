"""The samples of the guide, run as they are printed (only the port is another one)."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.instance import MANAGEMENT_KEY
from tests.serving import KEY, Served, environment, served

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
PAGES = (
    *("messages", "responses", "presets", "sandbox"),
    *("embeddings", "rerank", "images", "videos", "speech", "transcription"),
    *("own-keys", "routing"),
)
CALLS_ALONE = {"own-keys", "routing"}
"""Pages with commands beside the calls of the API, which other tests run."""
ELSEWHERE = {"files"}
"""Pages whose samples have a test of their own."""
SAMPLES = [
    pytest.param(page, language, sample, id=f"{page}-{number}")
    for page in PAGES
    for number, (language, sample) in enumerate(
        re.findall(r"```(sh|python)\n(.*?)```", (GUIDE / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)
    )
    if page not in CALLS_ALONE or "curl " in sample
]
CALLER = {"TRUNKLINE_API_KEY": KEY, "TRUNKLINE_MANAGEMENT_KEY": MANAGEMENT_KEY}
RUN = {"sh": ["sh", "-ec"], "python": [sys.executable, "-W", "ignore::ResourceWarning", "-c"]}
SAID = {
    "messages": {"sh": "Sandbox", "python": "Sandbox"},
    "responses": {"sh": "Sandbox", "python": "Sandbox"},
    "presets": {"sh": '"slug":"support"'},
    "sandbox": {"sh": "Provider returned error"},
    "embeddings": {"sh": '"object":"embedding"', "python": "2 256 "},
    "speech": {"sh": "1920", "python": "1920 bytes"},
    "transcription": {"sh": "The Sandbox got a recording", "python": "The Sandbox got a recording"},
    "images": {"sh": '"b64_json":"iVBORw0KGgo', "python": "b'PNG'"},
    "videos": {"sh": '"status":"pending"', "python": "completed video/mp4 b'ftyp'"},
    "own-keys": {"sh": '"provider":"openai"'},
    "routing": {"sh": '"default_provider_sort":"price"'},
    "rerank": {"sh": '"document":{"text":"Green tea is grown in Japan."}', "python": "1 Green tea"},
}
"""A piece of what each sample prints, by page and language."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    keys = {"TRUNKLINE_BOOTSTRAP_KEY": KEY, "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY": MANAGEMENT_KEY}
    with served(tmp_path_factory.mktemp("guides"), keys) as running:
        yield running


@pytest.mark.parametrize(("page", "language", "sample"), SAMPLES)
def test_every_sample_does_what_it_says(server: Served, tmp_path: Path, page: str, language: str, sample: str) -> None:
    assert "http://127.0.0.1:8080" in sample or "TRUNKLINE_URL" in sample
    (tmp_path / "recording.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    done = subprocess.run(
        [*RUN[language], sample.replace("http://127.0.0.1:8080", server.url)],
        cwd=tmp_path,
        env=environment(tmp_path, CALLER | {"TRUNKLINE_URL": server.url}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert SAID[page][language] in done.stdout, done.stdout[:500]


def test_no_page_has_samples_that_nobody_runs() -> None:
    callers = re.compile(r"```python\n|```sh\n(?:(?!```).)*\bcurl\b", re.DOTALL)
    with_samples = {page.stem for page in GUIDE.glob("*.md") if callers.search(page.read_text(encoding="utf-8"))}
    assert with_samples == {*PAGES} | ELSEWHERE
