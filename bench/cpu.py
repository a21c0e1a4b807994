"""What processes used, from the operating system: CPU time and resident memory of a process and all its children."""

from pathlib import Path


def family(pid: int) -> list[int]:
    """The process and everything it started."""
    found = [pid]
    for task in _tasks(pid):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            found += family(int(child))
    return found


def cpu_s(pid: int) -> float:
    """User and system time of the living threads, to the nanosecond (`schedstat`; `stat` counts in hundredths)."""
    total_ns = 0
    for member in family(pid):
        for task in _tasks(member):
            try:
                total_ns += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue  # a thread that ended meanwhile
    return total_ns / 1e9


def resident_kb(pid: int) -> int:
    """Proportional share of resident memory, so that pages common to several processes count once."""
    total = 0
    for member in family(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []
