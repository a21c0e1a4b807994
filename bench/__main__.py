"""`python -m bench`: measure, print the table, keep the figures."""

import argparse
import gc
import os
import platform
import subprocess
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from bench import measure, report, targets
from bench.measure import Held, Round
from bench.targets import Running
from bench.work import Work, all_work

ROOT = Path(__file__).parents[1]
IDLE_STREAMS = (1_000, 5_000)
STARTS = 5
_TOGETHER = (("W1",), ("W2",), ("W3", "W4"), ("W5",), ("W6",))
"""Kinds of work that take turns with each other, since one is measured against the other."""
SLOW_SHARE = 20
"""A peer that takes a hundred times as long gets this fraction of the requests, at 4 or more clients."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer requests, fewer rounds")
    parser.add_argument("--only", default="", help="comma list of W1…W7, latency, start")
    parser.add_argument("--rounds", type=int, help="interleaved rounds (default 5; 2 with --quick)")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--litellm", type=Path, default=os.environ.get("LITELLM"), help="its `litellm` program")
    parser.add_argument("--realtime", action="store_true", help="go before everything else on a shared machine")
    parser.add_argument("--tls", action="store_true", help="speak TLS to the upstream, as one does to real providers")
    parser.add_argument("--no-nginx", action="store_true", help="leave the floor out")
    return parser.parse_args()


class Bench:
    """One run over all targets."""

    def __init__(self, options: argparse.Namespace, running: list[Running]) -> None:
        self._quick: bool = options.quick
        self._rounds: int = options.rounds or (2 if options.quick else 5)
        self._running = running
        self.work: dict[str, dict[str, Round]] = {}
        self.half_load: dict[str, Round] = {}

    @property
    def rounds(self) -> int:
        return self._rounds

    def _requests(self, running: Running, work: Work) -> int:
        count = work.quick if self._quick else work.requests
        return max(4, count // SLOW_SHARE) if running.name == "litellm" else count

    async def in_rounds(self, *kinds: Work) -> None:
        """All targets and kinds of work in turn, again and again, so that what disturbs one disturbs all."""
        turns = [
            (work, running) for work in kinds for running in self._running if running.translates or not work.translated
        ]
        seen: defaultdict[str, defaultdict[str, list[Round]]] = defaultdict(lambda: defaultdict(list))
        for work, running in turns:  # connections, caches
            await measure.one_round(running, work, min(self._requests(running, work), 2 * work.concurrency))
        for _ in range(self._rounds):
            for work, running in turns:
                one = await measure.one_round(running, work, self._requests(running, work))
                seen[work.name][running.name].append(one)
        for work, by_target in seen.items():
            found = self.work[work] = {name: measure.middle(rounds) for name, rounds in by_target.items()}
            say(f"{work}: " + ", ".join(f"{name} {one.cpu_us or 0:,.0f} µs" for name, one in found.items()))

    async def latency(self, work: Work) -> None:
        """Each target, and nothing in between, at half of what Trunkline's core could carry."""
        capacity = 1e6 / (self.work[work.name]["trunkline"].cpu_us or 1.0)
        seen: defaultdict[str, list[Round]] = defaultdict(list)
        for _ in range(self._rounds):
            for running in self._running:
                if running.name != "litellm":
                    rate = capacity / 2
                    seen[running.name].append(await measure.one_round(running, work, int(rate * 2), rate))
        self.half_load = {name: measure.middle(rounds) for name, rounds in seen.items()}


def idle_streams(options: argparse.Namespace, folder: Path, upstream_port: int) -> dict[str, list[Held]]:
    """Each on an instance of its own: streams whose clients left are read to their end, long after the measurement."""
    work = all_work()["W7"]
    seen: dict[str, list[Held]] = {}
    for streams in IDLE_STREAMS[: 1 if options.quick else 2]:
        with ExitStack() as stack:
            for start in (targets.nginx, targets.trunkline) if has_nginx(options) else (targets.trunkline,):
                running = stack.enter_context(start(folder / f"{start.__name__}-{streams}", upstream_port))
                seen.setdefault(running.name, []).append(uvloop.run(measure.held(running, work, streams)))
    return seen


def has_nginx(options: argparse.Namespace) -> bool:
    return targets.find_nginx() is not None and not options.no_nginx


async def run(options: argparse.Namespace, running: list[Running]) -> Bench:
    bench = Bench(options, running)
    only: str = options.only
    chosen = set(only.split(",")) if only else set[str]()
    kinds = all_work()
    gc.freeze()
    gc.disable()  # nothing here makes cycles that matter within a run
    for together in _TOGETHER:
        wanted = [kinds[name] for name in together if not chosen or name in chosen]
        if wanted or ("W1" in together and "latency" in chosen):
            await bench.in_rounds(*(wanted or [kinds["W1"]]))
    if not chosen or "latency" in chosen:
        await bench.latency(kinds["W1"])
    return bench


def say(text: str) -> None:
    print(text, flush=True)


def commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or "unknown"


def machine() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{os.cpu_count()} cores of {line.split(':')[1].strip()}"
    return f"{os.cpu_count()} cores"


def main() -> None:
    options = arguments()
    targets.realtime = options.realtime
    targets.pin_load()
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        if options.tls:
            targets.certificate = targets.make_certificate(folder)
        upstream_port = stack.enter_context(targets.upstream(folder))
        starts = None
        if not options.only or "start" in options.only:
            starts = measure.starts(folder / "starts", upstream_port, STARTS)
        held = idle_streams(options, folder, upstream_port) if not options.only or "W7" in options.only else {}
        # The load generator itself speaks no TLS.
        running = [] if options.tls else [stack.enter_context(targets.direct(folder, upstream_port))]
        if has_nginx(options):
            running.append(stack.enter_context(targets.nginx(folder / "nginx", upstream_port)))
        running.append(stack.enter_context(targets.trunkline(folder / "trunkline", upstream_port)))
        if options.litellm:
            running.append(stack.enter_context(targets.litellm(options.litellm)(folder / "litellm", upstream_port)))
        bench = uvloop.run(run(options, running))
    results = report.Results(
        commit=commit(),
        machine=machine(),
        python=platform.python_version(),
        when=datetime.now(UTC).date().isoformat(),
        interleaved_rounds=bench.rounds,
        work=bench.work,
        half_load=bench.half_load,
        held=held,
        starts=starts,
    )
    say(report.render(results))
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")


if __name__ == "__main__":
    main()
