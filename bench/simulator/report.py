"""The outcomes as a Markdown table and as a plot."""

from collections.abc import Sequence

from bench.simulator.run import Outcome

_WIDTH, _HEIGHT, _LEFT, _TOP = 900, 320, 50, 20
_COLORS = ("#0c6b5a", "#3b82c4", "#8b5cb8", "#d97706", "#b91c1c", "#6b7280")
_HEAD = (
    "| | answered | at first try | attempts | cost / cheapest | p50 | p99 | leaves after | back after | of | µs |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|\n"
)


def table(outcomes: Sequence[Outcome]) -> str:
    """One row for each policy."""
    return _HEAD + "".join(map(_row, outcomes))


def _row(outcome: Outcome) -> str:
    reaction = outcome.reaction
    return (
        f"| {outcome.name} | {outcome.answered:.4%} | {outcome.first_try:.2%} | {outcome.attempts:.3f} "
        f"| {outcome.cost_ratio:.2f} | {outcome.p50_s:.2f} s | {outcome.p99_s:.2f} s "
        f"| {_seconds(reaction.leave_s)} | {_seconds(reaction.come_back_s)} | {reaction.incidents} "
        f"| {outcome.cpu_us:.0f} |\n"
    )


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f} s"


def plot(outcomes: Sequence[Outcome], hours: float) -> str:
    """An SVG: share of first choices that failed, over the day."""
    top = max(0.05, *(max(outcome.failed_first) for outcome in outcomes))
    lines = "".join(_line(outcome, color, top) for outcome, color in zip(outcomes, _COLORS, strict=False))
    names = "".join(
        f'<text x="{_LEFT + 140 * n}" y="{_TOP + _HEIGHT + 50}" fill="{color}">{outcome.name}</text>'
        for n, (outcome, color) in enumerate(zip(outcomes, _COLORS, strict=False))
    )
    marks = "".join(
        f'<text x="8" y="{_TOP + _HEIGHT * (1 - part) + 4:.0f}">{top * part:.0%}</text>'
        f'<path d="M{_LEFT} {_TOP + _HEIGHT * (1 - part):.0f}h{_WIDTH}" stroke="#8884"/>'
        for part in (0.0, 0.5, 1.0)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 20} {_TOP + _HEIGHT + 70}" '
        f'font-family="sans-serif" font-size="12" fill="#555">'
        f'<rect width="100%" height="100%" fill="#fff"/>{marks}{lines}{names}'
        f'<text x="{_LEFT}" y="{_TOP + _HEIGHT + 25}">0 h</text>'
        f'<text x="{_LEFT + _WIDTH - 20}" y="{_TOP + _HEIGHT + 25}">{hours:g} h</text>'
        f'<text x="{_LEFT + 10}" y="14">First choices that failed</text></svg>\n'
    )


def _line(outcome: Outcome, color: str, top: float) -> str:
    step = _WIDTH / len(outcome.failed_first)
    points = " ".join(
        f"{_LEFT + step * n:.0f},{_TOP + _HEIGHT * (1 - share / top):.1f}"
        for n, share in enumerate(outcome.failed_first)
    )
    return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'
