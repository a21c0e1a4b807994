"""The real program as a process of its own: `trunkline serve`, killed and started again at will."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.instance import KEY, MANAGEMENT_KEY

START_S_MAX = 90


class ServeProcess:
    """One home folder and one port over many lives of the server."""

    def __init__(self, home: Path, config: str, environ: Mapping[str, str] | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self._config = home / "trunkline.toml"
        self._config.write_text(config)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(home),
            "TRUNKLINE_HOME": str(home),
            "TRUNKLINE_CONFIG": str(self._config),
            "TRUNKLINE_BOOTSTRAP_KEY": KEY,
            "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY": MANAGEMENT_KEY,
            "TRUNKLINE_DISCOVERY__LOCAL_ENGINES": "false",
            **(environ or {}),
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def log(self) -> str:
        """What it said on standard error in all its lives."""
        return (self.home / "serve.log").read_text()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def rss_bytes(self) -> int:
        """Memory that the process holds now (Linux)."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def peak_rss_bytes(self) -> int:
        """The most memory that the process ever held (Linux)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end; the exit status."""
        assert self._process is not None
        return await self._process.wait()

    async def start(self) -> None:
        """Start and wait until it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command("serve", "--port", str(self.port)),
            env=self.environ,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=(log := open(self.home / "serve.log", "ab")),  # noqa: SIM115 -- handed to the child
        )
        log.close()
        async with asyncio.timeout(START_S_MAX), httpx.AsyncClient() as client:
            while True:
                try:
                    if (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    assert self._process.returncode is None, (self.home / "serve.log").read_text()
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """`kill -9`: nothing of the program runs after this."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def terminate(self) -> int:
        """SIGTERM; returns the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()

    async def run(self, *arguments: str) -> tuple[int, str]:
        """Another command of the program on the same home; exit status and output."""
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            env=self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    def _command(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "trunkline", *arguments)
