"""Palette, comparison, rankings, apps, providers, fees, status, documentation (site.md 0.1, 4, 7–11)."""

import json
import re
import urllib.error
import urllib.request
from collections import deque
from urllib.parse import urldefrag, urljoin, urlsplit

from tests.serving import KEY, Served
from tests.web.conftest import OpenPage
from tests.web.screens import PHONE


def test_the_palette_opens_finds_moves_and_gives_the_focus_back(open_page: OpenPage) -> None:
    page = open_page("/providers")
    page.get_by_role("link", name="Rankings").first.focus()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search models, providers and docs")
    box.wait_for()
    page.keyboard.type("gpt 5.4 mini")
    page.locator(".palette-option[href='/openai/gpt-5.4-mini']").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert "No providers found" in page.locator(".palette").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("dialog.palette").count() == 0
    assert page.locator(":focus").inner_text() == "Rankings"
    page.keyboard.press("Control+k")
    box.fill("openai/gpt-5.4-mini")
    page.locator(".palette-option[aria-selected=true][href='/openai/gpt-5.4-mini']").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/openai/gpt-5.4-mini")


def test_the_search_works_without_scripts(open_page: OpenPage) -> None:
    page = open_page("/", scripts=False)
    page.locator(".header-search input").fill("rocket")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=rocket")
    assert page.locator("a[href='/acme/rocket-1']").count() == 1


def test_three_models_stand_side_by_side_with_their_pages_values(open_page: OpenPage) -> None:
    slugs = ["acme/rocket-1", "openai/gpt-5.4-mini", "google/gemini-3-flash-preview"]
    page = open_page(f"/compare?models={','.join(slugs)}")
    assert page.locator("thead").first.locator("th").count() == len(slugs) + 1
    prices = page.locator("tr[data-row='Input /M'] td").all_inner_texts()
    for slug, price in zip(slugs, prices, strict=True):
        head = open_page(f"/{slug}").locator(".facts").inner_text()
        assert price.strip() in head
    page.get_by_role("link", name="Only differences").click()
    page.wait_for_url("**differences=on**")
    for row in page.locator("tr[data-row]").all():
        cells = [cell.inner_html() for cell in row.locator("td").all()]
        assert len(set(cells)) > 1
    page.get_by_role("link", name=re.compile("^Remove")).first.click()
    page.wait_for_url("**models=openai/gpt-5.4-mini,google/**")


def test_an_unknown_slug_gets_a_message_and_suggestions(open_page: OpenPage) -> None:
    page = open_page("/compare?models=acme/rocket-1,openai/gpt-5.4-mni")
    assert "There is no model openai/gpt-5.4-mni here" in page.locator(".banner-warn").first.inner_text()
    assert page.locator("thead").first.locator("th").count() == 2


def test_an_app_has_a_place_in_its_category_and_a_page(open_page: OpenPage) -> None:
    page = open_page("/apps?group=coding")
    page.get_by_role("link", name="Launchpad").first.click()
    page.wait_for_url("**/apps?url=**")
    assert "Rank, 30 days\n1" in page.locator(".facts").inner_text()
    assert page.locator("figure").count() == 2


def test_the_four_policies_read_differently(open_page: OpenPage) -> None:
    page = open_page("/providers")
    texts = {
        page.locator(f"tr[data-provider='{slug}'] td").nth(6).inner_text().removesuffix(" ZDR")
        for slug in ("together", "anthropic", "arcee-ai", "acme")
    }
    assert texts == {
        "Prompts are not kept",
        "Prompts are kept for 30 days",
        "Prompts are kept for an unknown time",
        "Unknown retention policy: treated as keeping prompts and training on them",
    }


def test_status_has_a_row_for_each_provider_that_is_set_up_and_the_same_as_json(
    open_page: OpenPage, site: Served
) -> None:
    page = open_page("/status")
    bars = [each.get_attribute("class") for each in page.locator("[data-component='Routing of requests'] rect").all()]
    assert (len(bars), bars.count("good"), bars.count("bad"), bars.count("none")) == (90, 59, 1, 30)
    with urllib.request.urlopen(f"{site.url}/status.json", timeout=20) as answer:
        status = json.load(answer)
    assert [each["name"] for each in status["components"]] == [
        each.get_attribute("data-component") for each in page.locator("[data-component]").all()
    ]
    assert status["status"] == "operational"


def test_a_crawl_finds_no_broken_link_and_no_missing_anchor(site: Served) -> None:
    """Everything that the site links to from its documentation and its main pages, fragments included."""
    seen: dict[str, str] = {}
    broken: list[str] = []
    queue = deque([(f"{site.url}/docs", "start"), (f"{site.url}/", "start"), (f"{site.url}/acme/rocket-1", "start")])
    while queue:
        url, source = queue.popleft()
        bare, fragment = urldefrag(url)
        if bare not in seen:
            try:
                with urllib.request.urlopen(bare, timeout=20) as answer:
                    is_page = answer.headers.get_content_type() == "text/html"
                    seen[bare] = answer.read().decode() if is_page else ""
            except urllib.error.HTTPError as error:
                broken.append(f"{source} → {url}: {error.code}")
                seen[bare] = ""
            if _is_followed(urlsplit(bare).path):
                links = re.findall(r'<a [^>]*href="([^"]+)"', seen[bare])
                queue += [(urljoin(bare, link.replace("&amp;", "&")), bare) for link in links if _is_own(link)]
        if fragment and seen[bare] and f'id="{fragment}"' not in seen[bare]:
            broken.append(f"{source} → {url}: no such anchor")
    assert broken == []
    assert len(seen) > 50


def _is_own(link: str) -> bool:
    return link.startswith(("/", "#", "?"))


def _is_followed(path: str) -> bool:
    return path.startswith(("/docs", "/acme")) or path.count("/") == 1


def test_the_reference_has_every_operation_of_the_description(open_page: OpenPage, site: Served) -> None:
    with urllib.request.urlopen(f"{site.url}/openapi.json", timeout=20) as answer:
        paths = json.load(answer)["paths"]
    operations = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    page = open_page("/docs/api-reference")
    shown = [each.get_attribute("data-operation") for each in page.locator("[data-operation]").all()]
    assert sorted(operations) == sorted(name for name in shown if name)


def test_an_operation_is_tried_with_a_key_that_is_not_kept(open_page: OpenPage) -> None:
    page = open_page("/docs/api-reference")
    operation = page.locator("[data-operation=getCurrentKey]").first
    operation.get_by_text("Try it").click()
    operation.get_by_label("API key").fill(KEY)
    operation.get_by_role("button", name="Send GET").click()
    operation.get_by_text("200 OK").wait_for()
    assert '"usage"' in operation.get_by_label("Answer").inner_text()
    kept = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert KEY not in kept
    page.reload()
    assert KEY not in page.content()


def test_every_guide_has_its_markdown_and_stands_in_llms_txt(site: Served) -> None:
    with urllib.request.urlopen(f"{site.url}/llms.txt", timeout=20) as answer:
        listed = re.findall(r"\((http://[^)]+\.md)\)", answer.read().decode())
    assert len(listed) > 10
    for url in listed:
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert answer.headers.get_content_type() == "text/markdown"
            assert answer.read().startswith(b"# ")


def test_a_copied_sample_is_what_stands_there(open_page: OpenPage) -> None:
    page = open_page("/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy this sample").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".code code").inner_text()


def test_on_a_phone_a_guide_comes_before_the_list_of_guides(open_page: OpenPage) -> None:
    page = open_page("/docs/guide/errors", PHONE)
    article, tree = page.locator("article").bounding_box(), page.locator(".docs-tree").bounding_box()
    assert article is not None and tree is not None
    assert article["y"] < tree["y"]
