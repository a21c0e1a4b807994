"""Markdown to HTML. What the text's author writes as HTML is shown, not obeyed (site.md UX-11)."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from msgspec import Struct

_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")
_FOREIGN_REL = "noopener nofollow"


class Heading(Struct, frozen=True):
    """For a page's contents."""

    level: int
    text: str
    anchor: str


class Rendered(Struct, frozen=True):
    """A text as HTML. `text` is what is read of it, for searching."""

    title: str
    html: Markup
    headings: tuple[Heading, ...]
    text: str


def anchor_of(heading: str) -> str:
    """The fragment of a heading, as GitHub makes it: links in the files work in both places."""
    return _NOT_IN_ANCHORS.sub("", heading.lower()).replace(" ", "-")


def render(source: str, *, link: Callable[[str], str] = str) -> Rendered:
    """A whole document; its first heading is the title. `link` translates the targets of links."""
    tokens = _PARSER.parse(source)
    title = ""
    headings: list[Heading] = []
    for opening, content in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = _plain(content)
        heading = Heading(int(opening.tag[1]), text, anchor_of(text))
        if heading.level == 1 and not title:
            title = text
        else:
            headings.append(heading)
            _add_anchor(opening, content, heading)
    for token in _all(tokens):
        if token.type == "link_open":
            _translate(token, link)
        elif token.type in ("th_open", "td_open"):
            _align(token)
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    html = html.replace("<table>", '<div class="table-box" tabindex="0"><table class="table">')
    html = html.replace("</table>", "</table></div>").replace("<pre>", '<pre tabindex="0">')
    text = " ".join(_plain(token) for token in tokens if token.type == "inline")
    return Rendered(title, Markup(html), tuple(headings), text)  # noqa: S704 -- the parser escapes all HTML of the text


def inline(source: str) -> Markup:
    """One paragraph, such as a model's description."""
    return Markup(_PARSER.renderInline(source))  # noqa: S704 -- the parser escapes all HTML of the text


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def _add_anchor(opening: Token, content: Token, heading: Heading) -> None:
    opening.attrSet("id", heading.anchor)
    start, text, end = Token("link_open", "a", 1), Token("text", "", 0), Token("link_close", "a", -1)
    start.attrs = {
        "class": "heading-link",
        "href": f"#{heading.anchor}",
        "aria-label": f"Link to “{heading.text}”",
    }
    text.content = "#"
    content.children = [*(content.children or ()), start, text, end]


def _translate(token: Token, link: Callable[[str], str]) -> None:
    target = str(token.attrs.get("href", ""))
    if "://" in target:
        token.attrSet("rel", _FOREIGN_REL)
    elif not target.startswith("#"):
        token.attrSet("href", link(target))


def _align(cell: Token) -> None:
    """The parser aligns by a style attribute, which our content security policy forbids; the stylesheet has a class."""
    if cell.attrs.pop("style", "") == "text-align:right":
        cell.attrSet("class", "number")


_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
