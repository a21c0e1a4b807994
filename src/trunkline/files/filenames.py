"""Names that senders give to files, made fit to be stored and told. Never a path: contents are kept under ids."""

import unicodedata
from pathlib import PurePosixPath
from typing import Final

CHARS_MAX: Final = 255
_ENDING_CHARS_MAX: Final = 16
NAMELESS: Final = "upload"


def clean_filename(sent: str) -> str:
    """The last part of a path, without control and formatting characters, of at most 255 characters.

    A name that is too long keeps its ending; one of which nothing is left becomes `upload`.
    """
    last = sent.replace("\\", "/").rpartition("/")[2]
    # Cc: control characters, NUL among them. Cf: marks that turn the order of what is shown. Cs: half of a pair.
    name = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs")).strip()
    if not name.strip("."):
        return NAMELESS
    if len(name) <= CHARS_MAX:
        return name
    ending = PurePosixPath(name).suffix[:_ENDING_CHARS_MAX]
    return name[: CHARS_MAX - len(ending)] + ending
