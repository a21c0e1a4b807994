"""Markdown of guides, announcements and descriptions: what it says is shown, what it tries is not done."""

import pytest

from trunkline.web.documentation.markdown import render


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        '<a href="x" onclick="alert(1)">x</a>',
    ],
)
def test_html_and_scripts_of_a_text_are_shown_and_not_obeyed(source: str) -> None:
    html = render(f"# T\n\n{source}").html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript:' not in html
    assert 'href="data:' not in html
    assert "onclick=" not in html.replace("onclick=&quot;", "")


def test_headings_get_the_anchors_that_github_makes() -> None:
    rendered = render("# Title\n\n## Where settings come from\n\n### `[site]` & more")
    assert rendered.title == "Title"
    assert [heading.anchor for heading in rendered.headings] == ["where-settings-come-from", "site--more"]
    assert 'id="where-settings-come-from"' in rendered.html


def test_links_are_translated_and_foreign_ones_vouch_for_nobody() -> None:
    html = render("[a](other.md) [b](https://example.org) [c](#here)", link=lambda target: f"/docs/{target}").html
    assert 'href="/docs/other.md"' in html
    assert 'rel="noopener nofollow"' in html
    assert 'href="#here"' in html


def test_tables_stand_in_a_box_and_carry_no_style() -> None:
    html = render("|a|b|\n|---|---:|\n|1|2|").html
    assert '<div class="table-box" tabindex="0"><table class="table">' in html
    assert "style=" not in html
    assert '<td class="number">2</td>' in html
