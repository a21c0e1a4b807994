"""The README's samples, run as they are printed (only the port is another one), and the guide's list of operations."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.serving import KEY, environment, served

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def samples(language: str, mentioning: str) -> list[str]:
    text = README.read_text(encoding="utf-8")
    return [body for name, body in _BLOCK.findall(text) if name == language and mentioning in body]


def test_every_sample_of_a_first_request_gets_an_answer(tmp_path: Path) -> None:
    curls = samples("sh", "curl")
    programs = samples("python", "client")
    assert (len(curls), len(programs)) == (1, 2)
    with served(tmp_path, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:

        def run(arguments: list[str], sample: str) -> str:
            assert "http://127.0.0.1:8080" in sample
            done = subprocess.run(
                [*arguments, sample.replace("http://127.0.0.1:8080", instance.url)],
                env=environment(tmp_path, {"TRUNKLINE_API_KEY": KEY}),
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        answer = json.loads(run(["sh", "-c"], curls[0]))
        assert "Sandbox" in answer["choices"][0]["message"]["content"]
        for program in programs:
            assert "Sandbox" in run([sys.executable, "-c"], program)


def test_the_guide_lists_the_operations_that_there_are(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guide" / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\|[^|]*\| `([A-Z]+ /\S+)` \|", guide, re.MULTILINE))
    with served(tmp_path) as instance, urllib.request.urlopen(f"{instance.url}/openapi.json", timeout=10) as answer:
        paths = json.load(answer)["paths"]
    assert listed == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
