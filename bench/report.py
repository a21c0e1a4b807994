"""The table of performance.md 3: must, goal, seen."""

from msgspec import Struct

from bench.measure import Held, Round, Starts
from bench.work import CHUNKS


class Results(Struct, kw_only=True):
    """Everything one run saw. `rounds`: work → target → medians."""

    commit: str
    machine: str
    python: str
    when: str
    interleaved_rounds: int
    work: dict[str, dict[str, Round]]
    half_load: dict[str, Round]
    held: dict[str, list[Held]]
    starts: Starts | None


class Row(Struct):
    """One line: what is to be reached, and what was seen."""

    what: str
    must: float
    goal: float
    seen: float
    unit: str = ""

    @property
    def verdict(self) -> str:
        return "goal" if self.seen <= self.goal else "must" if self.seen <= self.must else "MISSED"


_RATIOS = (("W1", 10, 6), ("W2", 4, 2.5), ("W3", 3, 2.2), ("W5", 8, 4), ("W6", 8, 4))


_STREAMS = ("W2", "W3", "W4", "W5")


def rows(results: Results) -> list[Row]:
    """Those lines for which there are figures."""
    found: list[Row] = []
    for name, must, goal in _RATIOS:
        ours, floor = _cpu(results, name, "trunkline"), _cpu(results, name, "nginx")
        if ours is not None and floor is not None:
            found.append(Row(f"{name}, CPU ÷ nginx", must, goal, ours / floor, "times"))
    translated, native = _cpu(results, "W4", "trunkline"), _cpu(results, "W3", "trunkline")
    if translated is not None and native is not None:
        found.append(Row("W4, CPU ÷ W3's own", 1.6, 1.3, translated / native, "times"))
    half, straight = results.half_load.get("trunkline"), results.half_load.get("direct")
    if half is not None and straight is not None:
        found.append(Row("W1 at half load, added p50", 1, 0.3, half.p50_ms - straight.p50_ms, "ms"))
        found.append(Row("W1 at half load, added p99", 5, 2, half.p99_ms - straight.p99_ms, "ms"))
    paced = results.work.get("W3", {})
    if "trunkline" in paced and "direct" in paced:
        ours, plain = paced["trunkline"], paced["direct"]
        found.append(Row("W3, added time to first token p50", 1, 0.3, ours.first_p50_ms - plain.first_p50_ms, "ms"))
        found.append(Row("W3, added time to first token p99", 5, 2, ours.first_p99_ms - plain.first_p99_ms, "ms"))
    found += [
        Row(f"W7, memory per stream, {held.streams} open", 40, 20, held.per_stream_kb, "KB")
        for held in results.held.get("trunkline", [])
    ]
    if results.starts is not None:
        found.append(Row("idle memory", 120, 60, results.starts.idle_mb, "MB"))
        found.append(Row("start to /readyz", 1.5, 0.7, results.starts.wall_s, "s"))
    return found


def _cpu(results: Results, work: str, target: str) -> float | None:
    found = results.work.get(work, {}).get(target)
    return None if found is None else found.cpu_us


def render(results: Results) -> str:
    """Both tables as text (Markdown)."""
    head = f"{results.when}, commit {results.commit}, {results.machine}, Python {results.python}"
    lines = [head, "", "| | must | goal | seen | |", "|---|--:|--:|--:|---|"]
    lines += [
        f"| {row.what}, {row.unit} | {row.must:g} | {row.goal:g} | {row.seen:.2f} | {row.verdict} |"
        for row in rows(results)
    ]
    columns = "CPU µs per request | per chunk | requests/s | core busy | p50 ms | p99 ms | first byte p50 ms"
    lines += ["", f"| work | target | {columns} |", "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    for name, by_target in {**results.work, "W1 at half load": results.half_load}.items():
        for target, seen in by_target.items():
            cpu_us = "" if seen.cpu_us is None else f"{seen.cpu_us:,.0f}"
            chunk = (
                f"{seen.cpu_us / CHUNKS:,.1f}" if seen.cpu_us is not None and name in ("W2", "W3", "W4", "W5") else ""
            )
            lines.append(
                f"| {name} | {target} | {cpu_us} | {chunk} | {seen.per_second:,.0f} | {seen.busy:.2f} "
                f"| {seen.p50_ms:.2f} | {seen.p99_ms:.2f} | {seen.first_p50_ms:.2f} |"
            )
    for target, all_held in results.held.items():
        lines += [
            f"| W7, {held.streams:,} streams | {target} | | {held.cpu_us_per_chunk:,.1f} | | | | | "
            f"(idle {held.idle_kb / 1024:.0f} MB, held {held.held_kb / 1024:.0f} MB, "
            f"{held.per_stream_kb:.1f} KB a stream) |"
            for held in all_held
        ]
    if results.starts is not None:
        lines += ["", f"Start: {results.starts.wall_s:.2f} s, {results.starts.cpu_s:.2f} s of CPU."]
    return "\n".join(lines)
