"""The samples of the guide's page on Responses, run against a real instance."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.serving import KEY, served

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "responses.md"


def test_the_samples_run_as_they_stand(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shell = [["sh", "-c", sample] for sample in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]
    python = [[sys.executable, "-c", sample] for sample in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]
    assert (len(shell), len(python)) == (1, 2)
    with served(tmp_path, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
        environ = {"PATH": os.environ["PATH"], "TRUNKLINE_URL": instance.url, "TRUNKLINE_API_KEY": KEY}
        for command in [*shell, *python]:
            done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            assert "Sandbox" in done.stdout
