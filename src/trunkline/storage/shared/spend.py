"""What a key has spent, by UTC day, kept small."""

from trunkline.storage.shared.interface import KeySpendDays

_LONGEST_WINDOW_DAYS = 31
"""A calendar month: no reset window looks further back, except the whole life."""


class KeySpend:
    """Credits and BYOK worth of one key. Days older than any window are summed under day 0, the whole life's start."""

    __slots__ = ("_days",)

    def __init__(self, spend: KeySpendDays) -> None:
        self._days: dict[int, tuple[int, int]] = {}
        for day, usage, byok in spend.days:
            self.add(day, usage, byok)

    def add(self, day: int, usage_nanousd: int, byok_nanousd: int) -> None:
        """Count a settled amount."""
        is_new = day not in self._days
        self._accumulate(day, usage_nanousd, byok_nanousd)
        if is_new and len(self._days) > _LONGEST_WINDOW_DAYS + 1:
            self._fold(max(self._days) - _LONGEST_WINDOW_DAYS)

    def since(self, start_day: int, *, with_byok: bool) -> int:
        """Nano-dollars spent from `start_day` on; 0 is the whole life."""
        return sum(
            usage + byok if with_byok else usage for day, (usage, byok) in self._days.items() if day >= start_day
        )

    def _accumulate(self, day: int, usage_nanousd: int, byok_nanousd: int) -> None:
        usage, byok = self._days.get(day, (0, 0))
        self._days[day] = (usage + usage_nanousd, byok + byok_nanousd)

    def _fold(self, before_day: int) -> None:
        for day in [day for day in self._days if 0 < day < before_day]:
            self._accumulate(0, *self._days.pop(day))
