"""A model's page and its nine tabs (site.md 3)."""

import json
import re
import urllib.request
from typing import Any

import pytest

from tests.serving import KEY, Served
from tests.web.conftest import OpenPage
from tests.web.screens import PHONE

TABS = ("Overview", "Providers", "Performance", "Pricing", "Benchmarks", "Apps", "Activity", "Uptime", "API")
HERE = "/acme/rocket-1"


def address(tab: str) -> str:
    return HERE if tab == "Overview" else f"{HERE}/{tab.lower()}"


def fetch(url: str, key: str | None = None) -> Any:
    request = urllib.request.Request(url, headers={} if key is None else {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_has_an_address_a_title_and_content_without_scripts(open_page: OpenPage, tab: str) -> None:
    page = open_page(address(tab), scripts=False)
    assert page.locator(".tabs [aria-current]").inner_text() == tab
    assert "Rocket" in page.title() or "rocket" in page.title()
    canonical = page.locator("link[rel=canonical]").get_attribute("href")
    assert canonical is not None and canonical.endswith(address(tab))
    assert len(page.locator("main").inner_text()) > 200


def test_tabs_open_by_click_and_by_arrow_keys(open_page: OpenPage) -> None:
    page = open_page(HERE)
    for tab in TABS[1:]:
        page.locator(".tabs").get_by_role("link", name=tab).click()
        page.wait_for_url(f"**{address(tab)}")
    page.locator(".tabs [aria-current]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(":focus").inner_text() == "Overview"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address('Uptime')}")


def test_on_a_phone_the_active_tab_is_in_view(open_page: OpenPage) -> None:
    page = open_page(address("API"), PHONE)
    box = page.locator(".tabs [aria-current]").bounding_box()
    assert box is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def test_the_numbers_of_providers_are_the_endpoints_api_s(open_page: OpenPage, site: Served) -> None:
    found = fetch(f"{site.url}/api/v1/models/openai/gpt-5.4-mini/endpoints", KEY)["data"]["endpoints"]
    page = open_page("/openai/gpt-5.4-mini/providers")
    for endpoint in found:
        block = page.locator(f"[data-endpoint='{endpoint['tag']}']")
        text = block.inner_text()
        assert endpoint["provider_name"] in text
        million = float(endpoint["pricing"]["prompt"]) * 1_000_000
        assert f"${million:.2f}" in text
    assert page.locator("[data-endpoint]").count() == len(found)


def test_one_bad_hour_is_red_one_without_data_is_grey_and_percents_are_floored(open_page: OpenPage) -> None:
    page = open_page(address("Uptime"))
    bars = page.locator("[data-uptime='acme'] .uptime rect")
    classes = [bars.nth(at).get_attribute("class") for at in range(bars.count())]
    assert len(classes) == 72
    assert (classes.count("bad"), classes.count("none"), classes.count("good")) == (1, 1, 70)
    red = page.locator("[data-uptime='acme'] rect.bad title").text_content()
    assert red is not None and re.search(r"\d\d:\d\d: 80\.00%$", red)
    # The last day: 22 good hours of 20, one of 16 in 20, one without: 456 of 460, 99.1304 %.
    assert "99.13% of the last day" in page.locator("[data-uptime='acme']").inner_text()


def test_the_calculator_charges_like_the_ledger_with_thresholds(open_page: OpenPage) -> None:
    page = open_page(address("Pricing"))
    result = page.locator("[data-result]")
    page.locator("input[name=requests]").fill("10")  # 100,000 input tokens each: below the threshold
    page.wait_for_url("**requests=10**")
    result.get_by_text("$3.00").first.wait_for()
    page.locator("input[name=requests]").fill("1")  # one request of a million tokens: above it
    result.get_by_text("$6.00").first.wait_for()
    assert "acme" in result.inner_text()
    page.reload()
    assert "$6.00" in result.inner_text()
    row = page.get_by_role("row", name=re.compile("above 200K input tokens")).first
    assert "$1.50" in row.inner_text()


@pytest.mark.parametrize(("span", "buckets"), [("24h", 24), ("7d", 28), ("30d", 30)])
def test_performance_is_drawn_over_each_range(open_page: OpenPage, span: str, buckets: int) -> None:
    page = open_page(f"{address('Performance')}?range={span}&percentile=p90")
    page.locator("canvas").first.wait_for()
    assert page.locator("figure").first.locator("details tbody tr").count() == buckets
    latencies = page.locator("figure").nth(1).locator("td[data-value]").all()
    values = [float(value) for cell in latencies if (value := cell.get_attribute("data-value"))]
    assert values and all(0.88 < value < 0.92 for value in values)  # p90 of 15 at 0.42 s and 5 at 0.9 s


def test_activity_adds_up_in_chart_and_table(open_page: OpenPage) -> None:
    page = open_page(address("Activity"))
    page.locator("canvas").first.wait_for()
    rows = page.locator("figure").first.locator("details tbody tr")
    assert rows.count() == 30
    values = [cell.get_attribute("data-value") for cell in rows.last.locator("td").all()]
    assert values == ["50000", "15000", "5000"]


def test_what_tokens_really_cost_is_what_was_charged(open_page: OpenPage) -> None:
    """0.001 dollars a day for 70,000 tokens and a few."""
    page = open_page(address("Pricing"), scripts=False)
    assert page.locator("[data-effective]").inner_text() == "$0.01429"
    overview = open_page(HERE, scripts=False)
    assert overview.locator(".sparkline rect").count() == 7
    assert overview.get_by_role("link", name="Launchpad").count() == 1


def test_a_tab_without_data_explains_itself(open_page: OpenPage) -> None:
    page = open_page("/openai/gpt-5.4-mini/performance")
    assert page.get_by_role("heading", name="Not enough requests in this period").is_visible()


def test_other_names_of_a_model_lead_to_its_page(open_page: OpenPage) -> None:
    page = open_page("/OpenAI/GPT-5.4-mini/pricing")
    assert page.url.endswith("/openai/gpt-5.4-mini/pricing")
    page.goto("/~anthropic/claude-opus-latest")
    assert "/anthropic/claude-opus" in page.url
