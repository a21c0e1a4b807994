"""The list of models (site.md 2): filters equal the API's, the address is the state, typing is instant."""

import json
import urllib.request
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.serving import Served
from tests.web.conftest import OpenPage
from tests.web.screens import PHONE

FILTERS = (
    "input_modalities=image",
    "output_modalities=embeddings",
    "output_modalities=all",
    "context=400000",
    "max_price=0.5",
    "max_output_price=1",
    "arch=Claude",
    "model_authors=google,mistralai",
    "providers=groq",
    "supported_parameters=tools,seed",
    "distillable=true",
    "zdr=true",
    "region=eu",
    "max_age_days=92",
    "min_coding_index=30",
    "q=gpt",
    "category=programming",
    "min_tool_success_rate=0.9",
)
SORTS = ("pricing-low-to-high", "context-high-to-low", "newest", "coding-high-to-low", "latency-low-to-high")
SHOWN = "() => [...document.querySelectorAll('[data-model]:not([hidden])')].map((row) => row.dataset.model)"


def api(site: Served, query: str) -> list[str]:
    """Ids of the API's rows, but for aliases and routers: the page lists models."""
    with urllib.request.urlopen(f"{site.url}/api/v1/models?{query}", timeout=20) as answer:
        rows: list[dict[str, Any]] = json.load(answer)["data"]
    return [row["id"] for row in rows if not row["id"].startswith(("~", "openrouter/"))]


def shown(page: Page) -> list[str]:
    return page.evaluate(SHOWN)


@pytest.mark.parametrize("query", FILTERS)
def test_each_filter_gives_the_rows_of_the_api(open_page: OpenPage, site: Served, query: str) -> None:
    found = api(site, f"{query}&sort=newest")
    page = open_page(f"/models?{query}", scripts=False)
    assert shown(page) == found
    assert page.locator("p [data-count]").inner_text() == str(len(found))


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_is_the_api_s(open_page: OpenPage, site: Served, sort: str) -> None:
    page = open_page(f"/models?sort={sort}", scripts=False)
    assert shown(page) == api(site, f"sort={sort}")


def test_a_link_with_free_models_cheapest_first_sets_both_controls(open_page: OpenPage) -> None:
    page = open_page("/models?order=pricing-low-to-high&max_price=0")
    assert page.locator("select[name=sort]").input_value() == "pricing-low-to-high"
    assert page.locator("select[name=max_price]").input_value() == "0"
    assert page.locator(".model-row:visible").first.get_by_text("Free").first.is_visible()


def test_what_is_not_known_is_left_out_and_named(open_page: OpenPage, site: Served) -> None:
    page = open_page("/models?region=mars&sort=beauty&input_modalities=image,smell")
    assert shown(page) == api(site, "input_modalities=image&sort=newest")
    notice = page.get_by_text("Left out").inner_text()
    assert all(each in notice for each in ("region=mars", "sort=beauty", "input_modalities=smell"))


def test_filtering_with_scripts_changes_rows_count_and_address_and_survives_reload(
    open_page: OpenPage, site: Served
) -> None:
    page = open_page("/models")
    page.get_by_role("checkbox", name="Embeddings").check()
    page.get_by_role("checkbox", name="Text", exact=False).first.uncheck()
    page.locator("select[name=sort]").select_option("pricing-low-to-high")
    page.wait_for_url("**/models?output_modalities=embeddings&sort=pricing-low-to-high")
    wanted = api(site, "output_modalities=embeddings&sort=pricing-low-to-high")
    assert shown(page) == wanted
    page.reload()
    assert shown(page) == wanted
    page.get_by_role("link", name="Remove filter Output: Embeddings").click()
    page.wait_for_url("**/models?sort=pricing-low-to-high")
    assert len(shown(page)) > len(wanted)


def test_back_from_a_model_restores_the_list(open_page: OpenPage) -> None:
    page = open_page("/models?q=claude&sort=pricing-low-to-high")
    before = shown(page)
    page.locator(".model-row:visible .model-name a").first.click()
    page.wait_for_url("**/anthropic/**")
    page.go_back()
    assert shown(page) == before
    assert page.locator("input[name=q]").nth(1).input_value() == "claude"


def test_nothing_found_says_so_and_clears(open_page: OpenPage) -> None:
    page = open_page("/models?q=nothing-is-called-this")
    assert page.get_by_role("heading", name="No models found").is_visible()
    page.get_by_role("link", name="Clear all").last.click()
    page.wait_for_url("**/models")
    assert shown(page)


def test_the_feed_begins_with_the_newest_model(open_page: OpenPage, site: Served) -> None:
    page = open_page("/models")
    href = page.get_by_role("link", name="RSS").get_attribute("href")
    with urllib.request.urlopen(f"{site.url}{href}", timeout=20) as answer:
        channel = ET.parse(answer).getroot().find("channel")
    assert channel is not None
    first = channel.find("item/link")
    assert first is not None and first.text is not None
    assert first.text.endswith(f"/{shown(page)[0]}")


def test_up_to_four_models_are_chosen_and_compared(open_page: OpenPage) -> None:
    page = open_page("/models")
    boxes = page.locator(".model-row:visible input[name=models]")
    chosen = [boxes.nth(at).get_attribute("value") for at in range(4)]
    for at in range(4):
        boxes.nth(at).check()
    assert boxes.nth(4).is_disabled()
    page.locator("[data-tray]").get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare?**")
    assert [a.get_attribute("href") for a in page.locator("thead .titled a").all()] == [f"/{slug}" for slug in chosen]


def test_on_a_phone_filters_are_a_sheet_that_counts(open_page: OpenPage) -> None:
    page = open_page("/models", PHONE)
    page.get_by_role("link", name="Filters").tap()
    sheet = page.locator("#filter-sheet")
    assert sheet.is_visible()
    sheet.get_by_role("checkbox", name="Rerank").check()
    page.wait_for_url("**output_modalities=text,rerank**")
    page.get_by_role("link", name="Show").tap()
    assert not sheet.is_visible()
    assert str(len(shown(page))) == page.locator("p [data-count]").inner_text()
