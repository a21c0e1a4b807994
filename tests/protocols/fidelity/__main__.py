"""Prints the table and writes it."""

import sys

from tests.protocols.fidelity.table import PAGE, formats, measure, page
from tests.recorded import recorded_dir


def main() -> None:
    if recorded_dir() is None:
        sys.exit("The recorded provider traffic is not beside this checkout: nothing to measure.")
    text = page({form.name: measure(form) for form in formats()})
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
