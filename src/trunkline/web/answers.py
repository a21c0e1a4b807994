"""What a model wrote, as HTML for a page without scripts. The chat does the same in the browser (`web/src/render`).

HTML in the text is shown and not obeyed. Links lead to whole addresses elsewhere, and learn nothing of the page;
pictures that are not in the text are links, because showing one would tell its host who reads this (site.md UX-11).
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

NESTING_MAX = 30
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
"""Headings of an answer stand below those of the page."""
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=]+")
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)
_REL = "noopener noreferrer nofollow"
_SIDES = {"text-align:right": "align-right", "text-align:center": "align-center"}


def answer(text: str) -> Markup:
    """The Markdown of an answer."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        _tame(token)
        token.children = list(_tame_inline(token.children or ()))
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    html = html.replace("<table>", '<div class="table-box" tabindex="0"><table class="table">')
    return Markup(html.replace("</table>", "</table></div>"))  # noqa: S704 -- the parser escapes all HTML of the text


def safe_link(address: str) -> str | None:
    """The address if it is a whole one of the web or of mail, without a name in it."""
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname)
    except ValueError:
        return None
    if parts.scheme == "mailto":
        return address
    return address if parts.scheme in ("http", "https") and has_host and "@" not in parts.netloc else None


def _tame(token: Token) -> None:
    """A block: our headings, alignment by classes, code in a frame that can be reached by keyboard."""
    if token.tag in _HEADINGS and token.type.startswith("heading"):
        token.tag = _HEADINGS[token.tag]
    elif token.type in ("th_open", "td_open"):
        side = _SIDES.get(str(token.attrs.pop("style", "")))
        if side is not None:
            token.attrSet("class", side)
    elif token.type in ("fence", "code_block"):
        found = _LANGUAGE.match(token.info.strip())
        language = "Text" if found is None else found[0].lower()
        token.type = "html_block"
        token.content = str(
            Markup(
                '<div class="code-block"><div class="code-block-head"><span>{}</span></div>'
                '<pre tabindex="0"><code>{}</code></pre></div>\n'
            ).format(language, token.content)
        )


def _tame_inline(tokens: Sequence[Token]) -> Iterator[Token]:
    """Links and pictures; a refused link keeps its words."""
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            href = safe_link(str(token.attrs.get("href", "")))
            kept.append(href is not None)
            if href is not None:
                token.attrs = {"href": href, "target": "_blank", "rel": _REL}
                yield token
        elif token.type == "link_close":
            if kept.pop():
                yield token
        elif token.type == "image" and not _PICTURE.fullmatch(str(token.attrs.get("src", ""))):
            yield _instead_of_picture(token)
        else:
            yield token


def _instead_of_picture(token: Token) -> Token:
    address = safe_link(str(token.attrs.get("src", "")))
    words = token.content or "Picture"
    if address is None:
        return Token("text", "", 0, content=words)
    host = urlsplit(address).hostname or "elsewhere"
    link = Markup('<a class="image-link" href="{}" target="_blank" rel="{}">{} ({})</a>')
    return Token("html_inline", "", 0, content=str(link.format(escape(address), _REL, words, host)))


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTING_MAX}).enable(["table", "strikethrough"])
    # What a link may lead to is decided here, so that a refused one keeps its words, as in the browser.
    parser.validateLink = lambda url: True
    return parser


_PARSER = _make_parser()
