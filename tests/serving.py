"""`trunkline serve` as a process, for tests of what a person meets."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEY = "sk-tl-v1-" + "0123456789abcdef" * 4


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """No provider's key of this machine may leak in; the checkout that is tested is the one that runs."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT)))),
        "HOME": str(home),
        "TRUNKLINE_HOME": str(home / "data"),
        "TRUNKLINE_DISCOVERY__LOCAL_ENGINES": "false",
        **(extra or {}),
    }


def command(*arguments: str, set_back_ms: int = 0) -> list[str]:
    """`trunkline …`, with its clock behind the machine's by that much (tests/set_back.py)."""
    program = ["trunkline"] if not set_back_ms else ["tests.set_back", str(set_back_ms)]
    return [sys.executable, "-m", *program, *arguments]


class Served:
    """A serving process and what it said when it was up."""

    def __init__(self, process: subprocess.Popen[str], home: Path, set_back_ms: int = 0) -> None:
        self.process = process
        self.home = home
        self.set_back_ms = set_back_ms
        assert process.stdout is not None
        self.said = process.stdout.readline()
        url = re.search(r"http://\S+", self.said)
        assert url is not None, self.said + process.stdout.read()
        self.url = url[0]

    def sign_in_token(self) -> str:
        """Of a new one-time link, made as an operator makes it."""
        made = subprocess.run(
            command("sign-in-link", set_back_ms=self.set_back_ms),
            cwd=self.home,
            env=environment(self.home),
            check=True,
            capture_output=True,
            text=True,
        )
        return made.stdout.strip().partition("?token=")[2]

    def rest(self) -> str:
        """Everything else that it printed, once it ended."""
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@contextmanager
def served(
    home: Path, extra: Mapping[str, str] | None = None, set_back_ms: int = 0, *, port: int = 0
) -> Generator[Served]:
    process = subprocess.Popen(
        command("serve", "--port", str(port), set_back_ms=set_back_ms),
        cwd=home,
        env=environment(home, extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Served(process, home, set_back_ms)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
