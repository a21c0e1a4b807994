"""The runs: work in interleaved rounds, latency at half load, streams held open, starts."""

import asyncio
import time
from pathlib import Path
from statistics import median

from msgspec import Struct

from bench import cpu, load, targets
from bench.targets import Running
from bench.work import Work


class Round(Struct):
    """One target's turn at one kind of work."""

    cpu_us: float | None
    """CPU time of the target's processes for one request; None where nothing stands in between."""
    load_cpu_us: float
    """CPU time of the load generator for one request."""
    busy: float
    """Share of the run in which the target's core worked for it: near 1 means saturated."""
    per_second: float
    p50_ms: float
    p99_ms: float
    first_p50_ms: float
    first_p99_ms: float


class Held(Struct):
    """Streams that were open at the same time."""

    streams: int
    idle_kb: int
    """Resident memory before them."""
    held_kb: int
    per_stream_kb: float
    cpu_us_per_chunk: float


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def one_round(running: Running, work: Work, requests: int, per_second: float | None = None) -> Round:
    """`per_second` None: as fast as `work.concurrency` clients can; else at that rate."""
    before_s, load_before_s = _cpu(running), time.process_time()
    if per_second is None:
        sample = await load.closed_loop(running.target, work, requests, work.concurrency)
    else:
        sample = await load.open_loop(running.target, work, requests, per_second)
    used_s = _cpu(running) - before_s
    return Round(
        cpu_us=None if running.pid is None else used_s / requests * 1e6,
        load_cpu_us=(time.process_time() - load_before_s) / requests * 1e6,
        busy=used_s / sample.elapsed_s,
        per_second=requests / sample.elapsed_s,
        p50_ms=percentile(sample.latencies_s, 0.5) * 1e3,
        p99_ms=percentile(sample.latencies_s, 0.99) * 1e3,
        first_p50_ms=percentile(sample.first_s, 0.5) * 1e3,
        first_p99_ms=percentile(sample.first_s, 0.99) * 1e3,
    )


def middle(rounds: list[Round]) -> Round:
    """The median of each figure."""

    def of(values: list[float]) -> float:
        return median(values)

    cpu_us = [one.cpu_us for one in rounds if one.cpu_us is not None]
    return Round(
        cpu_us=of(cpu_us) if cpu_us else None,
        load_cpu_us=of([one.load_cpu_us for one in rounds]),
        busy=of([one.busy for one in rounds]),
        per_second=of([one.per_second for one in rounds]),
        p50_ms=of([one.p50_ms for one in rounds]),
        p99_ms=of([one.p99_ms for one in rounds]),
        first_p50_ms=of([one.first_p50_ms for one in rounds]),
        first_p99_ms=of([one.first_p99_ms for one in rounds]),
    )


async def held(running: Running, work: Work, streams: int) -> Held:
    """Memory and CPU while `streams` are open."""
    assert running.pid is not None
    await asyncio.sleep(0.5)
    idle_kb = cpu.resident_kb(running.pid)
    async with load.HeldStreams(running.target, work, streams):
        before_s, began_s = cpu.cpu_s(running.pid), time.monotonic()
        await asyncio.sleep(5)
        seconds = time.monotonic() - began_s
        used_s = cpu.cpu_s(running.pid) - before_s
        held_kb = cpu.resident_kb(running.pid)
    await asyncio.sleep(1)
    return Held(
        streams=streams,
        idle_kb=idle_kb,
        held_kb=held_kb,
        per_stream_kb=(held_kb - idle_kb) / streams,
        cpu_us_per_chunk=used_s / (streams * seconds) * 1e6,
    )


class Starts(Struct):
    """Starts of an instance that was installed before, and its memory when nothing was asked of it yet."""

    wall_s: float
    cpu_s: float
    idle_mb: float


def starts(folder: Path, upstream_port: int, times: int) -> Starts:
    command = targets.install_trunkline(folder, upstream_port)
    wall: list[float] = []
    used: list[float] = []
    memory: list[float] = []
    for number in range(times + 1):
        with targets.served(command, folder, targets.free_port()) as (process, started_s):
            if number:  # the first one creates the database
                wall.append(started_s)
                used.append(cpu.cpu_s(process.pid))
                memory.append(cpu.resident_kb(process.pid) / 1024)
    return Starts(median(wall), median(used), median(memory))


def _cpu(running: Running) -> float:
    return 0.0 if running.pid is None else cpu.cpu_s(running.pid)
