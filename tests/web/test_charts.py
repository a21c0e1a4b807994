"""Charts and sliders: what a pointer, the keyboard and a screen reader get of them (site.md 0.5, MOD-02)."""

from playwright.sync_api import Page

from tests.web.conftest import OpenPage
from tests.web.test_models_page import shown

ACTIVITY = "/acme/rocket-1/activity"


def drawn(page: Page) -> Page:
    page.locator("figure canvas").first.wait_for()
    return page


def test_arrow_keys_read_a_chart_out_largest_first_with_the_sum(open_page: OpenPage) -> None:
    page = drawn(open_page(ACTIVITY))
    figure = page.locator("figure").first
    figure.locator(".chart-plot").focus()
    page.keyboard.press("ArrowLeft")
    readout = figure.locator("[data-readout]")
    readout.get_by_text("70K in all").wait_for()
    assert readout.locator("span").all_inner_texts() == ["Prompt: 50K", "Completion: 15K", "Reasoning: 5K"]
    page.keyboard.press("ArrowLeft")
    readout.get_by_text("Prompt: 50K").wait_for()


def test_a_series_is_switched_off_by_its_name(open_page: OpenPage) -> None:
    page = drawn(open_page(ACTIVITY))
    name = page.locator(".u-legend .u-series", has_text="Reasoning").first
    name.locator("th").click()
    assert "u-off" in (name.get_attribute("class") or "")


def test_a_series_has_the_same_colour_on_every_page(open_page: OpenPage) -> None:
    def colour(path: str) -> str:
        page = drawn(open_page(path))
        marker = page.locator(".u-legend .u-series", has_text="acme/rocket-1").first.locator(".u-marker")
        return str(marker.evaluate("(each) => getComputedStyle(each).background"))

    assert colour("/rankings") == colour("/acme")


def test_a_slider_chooses_among_the_steps_of_its_filter(open_page: OpenPage) -> None:
    page = open_page("/models")
    page.wait_for_load_state("networkidle")
    slider = page.get_by_role("slider", name="Input price, at most")
    assert slider.get_attribute("aria-valuetext") == "Any"
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_url("**max_price=0**")
    assert slider.get_attribute("aria-valuetext") == "Free"
    free = shown(page)
    assert free
    page.reload()
    page.wait_for_load_state("networkidle")
    assert slider.get_attribute("aria-valuetext") == "Free"
    assert shown(page) == free
    page.get_by_role("link", name="Clear all").first.click()
    page.wait_for_url("**/models")
    assert slider.get_attribute("aria-valuetext") == "Any"


def test_a_cold_link_sets_both_controls_and_lists_the_cheapest_first(open_page: OpenPage) -> None:
    page = open_page("/models?order=pricing-low-to-high&max_price=0")
    page.wait_for_load_state("networkidle")
    assert page.get_by_label("Sort").input_value() == "pricing-low-to-high"
    assert page.get_by_role("slider", name="Input price, at most").get_attribute("aria-valuetext") == "Free"
    assert page.locator("[data-model]:visible").first.get_by_text("Free").count() > 0
