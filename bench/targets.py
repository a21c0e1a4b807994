"""What is measured: Trunkline, nginx as a plain pass-through, LiteLLM's proxy, and nothing at all in between.

Each is a context manager that yields a `Running`. Whatever carries requests is pinned to GATEWAY_CORE; the fake
upstream and the load generator share the other one.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from bench.load import Target
from bench.work import MODELS

GATEWAY_CORE = 0
LOAD_CORE = 1
PROVIDERS = 5
"""Candidate endpoints of each model."""
MANAGEMENT_KEY = "sk-tl-v1-" + "b" * 64
PEER_KEY = "sk-" + "c" * 64
READY_S_MAX = 120.0

realtime = False
"""`--realtime`: everything that takes part goes before what else runs on a shared machine, where that is allowed."""


certificate: Path | None = None
"""`--tls`: the upstream speaks TLS with this certificate, whose key lies beside it."""


def make_certificate(folder: Path) -> Path:
    """For 127.0.0.1, signed by itself, good for a day."""
    made = folder / "upstream.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(_key_of(made)), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made


def _key_of(certificate: Path) -> Path:
    return certificate.with_suffix(".key")


def _scheme() -> str:
    return "http" if certificate is None else "https"


class Running(Struct, frozen=True):
    """A target that takes requests. `pid` is None where nothing stands in between; `started_s`: spawn to ready.

    `translates`: it asks an upstream in another format than it was asked in.
    """

    name: str
    target: Target
    pid: int | None
    started_s: float = 0.0
    translates: bool = False


def pin_load() -> None:
    """The load generator's own core."""
    _pin(LOAD_CORE)


def _pin(core: int) -> None:
    if core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})
    if realtime:
        with suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


@contextmanager
def spawned(
    command: list[str], core: int, *, cwd: Path, env: Mapping[str, str] | None = None, log: Path | None = None
) -> Generator["subprocess.Popen[str]"]:
    """A process (with its children) on a core; ended with SIGTERM. `log` None: its output is a pipe."""
    output = subprocess.PIPE if log is None else log.open("w")
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=output,
        stderr=None if log is None else subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: _pin(core),
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def upstream(folder: Path) -> Generator[int]:
    """The fake provider's port."""
    command = [sys.executable, "-m", "bench.upstream"]
    if certificate is not None:
        command += [str(certificate), str(_key_of(certificate))]
    with spawned(command, LOAD_CORE, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def direct(folder: Path, upstream_port: int) -> Generator[Running]:
    """The upstream itself: what the load generator and the machine cost."""
    yield Running("direct", Target(upstream_port, "/v1/chat/completions", "none"), None)


@contextmanager
def nginx(folder: Path, upstream_port: int) -> Generator[Running]:
    """A plain pass-through with keep-alive on both sides and nothing buffered: the floor."""
    port = free_port()
    folder.mkdir(parents=True)
    (folder / "nginx.conf").write_text(
        f"""
        daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
        worker_rlimit_nofile 20000;
        events {{ worker_connections 16000; }}
        http {{
            access_log off; keepalive_requests 10000000; client_max_body_size 200m; client_body_buffer_size 256k;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
            upstream provider {{ server 127.0.0.1:{upstream_port}; keepalive 256; keepalive_requests 10000000; }}
            server {{
                listen 127.0.0.1:{port} backlog=4096;
                location / {{
                    proxy_pass {_scheme()}://provider; proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_buffering off; proxy_request_buffering off; proxy_read_timeout 300s;
                }}
            }}
        }}
        """
    )
    program = find_nginx()
    assert program is not None
    began_s = time.monotonic()
    with spawned([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], GATEWAY_CORE, cwd=folder) as process:
        _await_port(port, process)
        target = Target(port, "/v1/chat/completions", "none")
        yield Running("nginx", target, process.pid, time.monotonic() - began_s)


@contextmanager
def trunkline(folder: Path, upstream_port: int) -> Generator[Running]:
    """`trunkline serve` as it is installed: keys, limits, holds, routing over five endpoints, SQLite ledger."""
    port = free_port()
    command = install_trunkline(folder, upstream_port)
    with served(command, folder, port) as (process, started_s):
        key = _limited_key(port)
        yield Running(
            "trunkline", Target(port, "/api/v1/chat/completions", key), process.pid, started_s, translates=True
        )


def install_trunkline(folder: Path, upstream_port: int) -> list[str]:
    """Write the settings; returns the command that serves them."""
    folder.mkdir(parents=True)
    lines = ["[limits]", "requests_per_second = 1000000", "[discovery]", "environment = false", "local_engines = false"]
    for behaviour, model in MODELS.items():
        protocol = "anthropic-messages" if behaviour == "translated" else "openai-chat"
        for number in range(PROVIDERS):
            lines += [
                "[[endpoints]]",
                f'model = "{model}"',
                f'provider = "bench-{number}"',
                f'protocol = "{protocol}"',
                f'base_url = "{_scheme()}://127.0.0.1:{upstream_port}/v1"',
                f'api_key = "upstream-secret-{number}"',
                f'upstream_model = "{model.split("/")[1]}"',
                "context_length = 1048576",
                'input_modalities = ["text", "image"]',
                f'pricing = {{ prompt = "0.00000{number + 1}", completion = "0.00000{number + 2}" }}',
            ]
    (folder / "trunkline.toml").write_text("\n".join(lines) + "\n")
    python = os.environ.get("BENCH_PYTHON", sys.executable)
    return [python, "-m", "trunkline", "serve", "--config", str(folder / "trunkline.toml")]


@contextmanager
def served(command: list[str], folder: Path, port: int) -> "Generator[tuple[subprocess.Popen[str], float]]":
    """The serving process and the seconds until `/readyz` was ready."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
        "HOME": str(folder),
        "TRUNKLINE_HOME": str(folder / "data"),
        "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY": MANAGEMENT_KEY,
        **({} if certificate is None else {"SSL_CERT_FILE": str(certificate)}),
    }
    began_s = time.monotonic()
    log = folder / "serve.log"
    with spawned([*command, "--port", str(port)], GATEWAY_CORE, cwd=folder, env=environment, log=log) as process:
        _await_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        yield process, time.monotonic() - began_s


def _limited_key(port: int) -> str:
    """A key with a limit, so that every request is held and settled against it."""
    answer = _call(port, "/api/v1/keys", {"name": "bench", "limit": 1_000_000})
    return answer["key"]


def _call(port: int, path: str, body: object) -> dict[str, str]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {MANAGEMENT_KEY}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def litellm(program: Path) -> Callable[[Path, int], AbstractContextManager[Running]]:
    """LiteLLM's proxy, installed elsewhere: one worker, one key, no database."""

    @contextmanager
    def start(folder: Path, upstream_port: int) -> Generator[Running]:
        port = free_port()
        folder.mkdir(parents=True)
        models = [
            {
                "model_name": model,
                "litellm_params": {
                    "model": f"openai/{model.split('/')[1]}",
                    "api_base": f"http://127.0.0.1:{upstream_port}/v1",
                    "api_key": "upstream-secret",
                },
            }
            for model in MODELS.values()
        ]
        config = {"model_list": models, "general_settings": {"master_key": PEER_KEY}}
        (folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        command = [str(program), "--config", str(folder / "config.yaml"), "--port", str(port), "--host", "127.0.0.1"]
        log = folder / "serve.log"
        began_s = time.monotonic()
        environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        with spawned(command, GATEWAY_CORE, cwd=folder, env=environment, log=log) as process:
            _await_ready(f"http://127.0.0.1:{port}/health/liveliness", process, log)
            target = Target(port, "/v1/chat/completions", PEER_KEY)
            yield Running("litellm", target, process.pid, time.monotonic() - began_s)

    return start


def find_nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await_port(port: int, process: "subprocess.Popen[str]") -> None:
    end_s = time.monotonic() + READY_S_MAX
    while process.poll() is None and time.monotonic() < end_s:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError("nginx did not start")


def _await_ready(url: str, process: "subprocess.Popen[str]", log: Path) -> None:
    end_s = time.monotonic() + READY_S_MAX
    while process.poll() is None and time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    raise RuntimeError(f"it did not start:\n{log.read_text()[-2000:]}")
