"""Answers of models as HTML of a page without scripts: hostile ones too (site.md UX-11)."""

from html.parser import HTMLParser

import pytest

from tests.web import hostile_markdown
from trunkline.web.answers import answer, safe_link

ALLOWED = {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a", "br", "hr"),
    *("table", "thead", "tbody", "tr", "th", "td", "div", "span", "img"),
}
ATTRIBUTES = {"class", "href", "target", "rel", "tabindex", "start", "src", "alt", "title"}


class Elements(HTMLParser):
    """All elements of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", hostile_markdown.ALL, ids=lambda text: repr(text[:30]))
def test_a_hostile_text_stays_text(text: str) -> None:
    parser = Elements()
    parser.feed(answer(text))
    for tag, attributes in parser.seen:
        assert tag in ALLOWED, tag
        assert set(attributes) <= ATTRIBUTES, attributes
        href, src = attributes.get("href"), attributes.get("src")
        assert href is None or safe_link(href) == href
        assert src is None or src.startswith("data:image/png;base64,")


def test_an_answer_has_headings_below_the_page_s_and_code_with_its_language() -> None:
    html = answer("# One\n\n| a |\n|--:|\n| 1 |\n\n```Rust\nlet a = 1 < 2;\n```\n\n~~gone~~")
    assert "<h3>One</h3>" in html
    assert '<div class="table-box" tabindex="0"><table class="table">' in html
    assert '<td class="align-right">1</td>' in html
    assert '<span>rust</span></div><pre tabindex="0"><code>let a = 1 &lt; 2;\n</code></pre>' in html
    assert "<s>gone</s>" in html


def test_pictures_from_elsewhere_are_links_and_refused_links_keep_their_words() -> None:
    html = answer("![a *cat*](https://cats.example/1.png) [home](/logs) ![](x.png)")
    assert '<a class="image-link" href="https://cats.example/1.png"' in html
    assert "(cats.example)</a>" in html
    assert "<img" not in html
    assert "home" in html
    assert "/logs" not in html
