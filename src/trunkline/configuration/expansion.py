"""`${VAR}` and `${VAR:-default}` in the strings of a file (OP-20). `$${` is a literal `${`."""

import re
from collections.abc import Mapping
from datetime import date, time

from trunkline.configuration.errors import Finding, KeyPath
from trunkline.core.json import JsonValue

TomlValue = str | bool | int | float | date | time | list["TomlValue"] | dict[str, "TomlValue"]
"""What `tomllib` returns; a datetime is a date."""

_REFERENCE = re.compile(
    r"(?P<literal>\$\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<broken>\$\{)"
)


class Expansion:
    """Walks a parsed file once. `expanded` are the strings that held a reference, `findings` what did not resolve."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.expanded: set[KeyPath] = set()
        self.findings: list[Finding] = []

    def table(self, values: Mapping[str, TomlValue], path: KeyPath = ()) -> dict[str, JsonValue]:
        """The table with its strings expanded and its dates as text, so that it is plain JSON."""
        return {name: self._value(value, (*path, name)) for name, value in values.items()}

    def _value(self, value: TomlValue, path: KeyPath) -> JsonValue:
        match value:
            case str():
                return self._text(value, path)
            case dict():
                return self.table(value, path)
            case list():
                return [self._value(item, (*path, index)) for index, item in enumerate(value)]
            case bool() | int() | float():
                return value
            case _:
                return value.isoformat()

    def _text(self, text: str, path: KeyPath) -> str:
        if "${" not in text:
            return text
        self.expanded.add(path)
        return _REFERENCE.sub(lambda match: self._replacement(match, path), text)

    def _replacement(self, match: re.Match[str], path: KeyPath) -> str:
        if match["literal"]:
            return "${"
        if match["broken"]:
            self.findings.append(Finding(path, "`${` begins no ${NAME} or ${NAME:-default}; write `$${` for the text"))
            return ""
        name, default = match["name"], match["default"]
        value = self._environ.get(name)
        if default is not None:
            return value or default
        if value is None:
            message = f"the environment variable {name} is not set; set it, or write ${{{name}:-default}}"
            self.findings.append(Finding(path, message))
            return ""
        return value
