"""What is wrong with a configuration, all of it at once."""

from collections.abc import Sequence

from msgspec import Struct

KeyPath = tuple[str | int, ...]
"""Where a setting stands: `("providers", "openai", "api_key")`, `("endpoints", 0, "model")`."""


def dotted(path: KeyPath) -> str:
    """`providers.openai.api_key`, `endpoints[0].model`: the spelling of messages."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


class Finding(Struct, frozen=True):
    """A setting that cannot be used, before it is known where it came from."""

    path: KeyPath
    message: str


class Problem(Struct, frozen=True):
    """One thing to mend. `where` is `file:line`, a variable's name or `command line`; empty: nobody wrote it."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.message) if part)


class ConfigurationInvalid(Exception):
    """The configuration cannot be used (OP-20). The message has one line for each problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
