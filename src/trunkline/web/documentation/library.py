"""The pages under `/docs`: the Markdown files of the repository's `docs/`, which the wheel carries along.

Users' pages come first, then operators', then developers'. Links between the files lead to pages, links to other files
of the repository to the contents.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import urlsplit

from msgspec import Struct

from trunkline.web.documentation.markdown import Rendered, render

PACKAGED = Path(__file__).parents[1] / "static" / "docs"
"""Where the wheel has them."""
CHECKOUT = Path(__file__).parents[4] / "docs"
"""Where a checkout has them."""
SECTIONS = (
    ("guide", "Using it"),
    ("operate", "Running it"),
    ("develop", "How it is built"),
    ("develop/decisions", "Decisions"),
)
FIRST = ("first-start", "api", "routing", "configuration", "running", "commands", "architecture")
"""These lead their sections; the rest follows by name."""


class Guide(Struct, frozen=True):
    """One page."""

    path: str
    """Below `/docs/`: `guide/first-start`."""
    section: str
    source: str
    """The Markdown file's text."""
    rendered: Rendered

    @property
    def href(self) -> str:
        return f"/docs/{self.path}"


class Library:
    """All pages, read and rendered when the first of them is asked for."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or (PACKAGED if PACKAGED.is_dir() else CHECKOUT)

    @cached_property
    def guides(self) -> tuple[Guide, ...]:
        """In reading order; none when the files are not there."""
        root = self._root
        return tuple(_guide(file, root, title) for folder, title in SECTIONS for file in _files(root / folder))

    @cached_property
    def _by_path(self) -> Mapping[str, Guide]:
        return {guide.path: guide for guide in self.guides}

    def find(self, path: str) -> Guide | None:
        """The page of a path such as `guide/errors`."""
        return self._by_path.get(path)

    def sections(self) -> list[tuple[str, list[Guide]]]:
        """(title, its pages), in reading order."""
        titles = dict.fromkeys(guide.section for guide in self.guides)
        return [(title, [guide for guide in self.guides if guide.section == title]) for title in titles]

    def around(self, guide: Guide) -> tuple[Guide | None, Guide | None]:
        """The pages before and after it."""
        at = self.guides.index(guide)
        before = self.guides[at - 1] if at > 0 else None
        after = self.guides[at + 1] if at + 1 < len(self.guides) else None
        return before, after


def _files(folder: Path) -> list[Path]:
    def position(file: Path) -> tuple[bool, int, str]:
        is_first = file.stem in FIRST
        return (not is_first, FIRST.index(file.stem) if is_first else 0, file.as_posix())

    return sorted(folder.glob("*.md"), key=position)


def _guide(file: Path, root: Path, section: str) -> Guide:
    source = file.read_text(encoding="utf-8")
    path = PurePosixPath(file.relative_to(root).as_posix()).with_suffix("")

    def link(target: str) -> str:
        parts = urlsplit(target)
        resolved = normpath(str(path.parent / parts.path))
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        if not resolved.endswith(".md") or resolved.startswith(".."):
            return "/docs"
        return f"/docs/{resolved.removesuffix('.md')}{fragment}"

    return Guide(str(path), section, source, render(source, link=link))
