"""Rankings, section by section: the page, its CSV and the datasets API say the same (site.md 7)."""

import csv
import io
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import KEY, Served, command, environment, served
from tests.web.conftest import OpenPage
from tests.web.seeds import CONFIGURATION
from trunkline.web.pages.rankings.tables import SECTIONS

WEEK_TOKENS = sum(50_000 + back + 20_000 for back in range(7))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Nine days of made-up traffic."""
    home: Path = tmp_path_factory.mktemp("demo")
    (home / "trunkline.toml").write_text(CONFIGURATION, encoding="utf-8")
    made = command("demo", "--days", "9", "--generations", "900")
    subprocess.run(
        made,
        cwd=home,
        env=environment(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}),
        check=True,
        capture_output=True,
        timeout=100,
    )
    with served(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
        yield instance


def text_of(url: str, key: str | None = None) -> str:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
        return answer.read().decode()


def rows_of(site: Served, section: str, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(f"{site.url}/rankings/{section}.csv?{query}"))))


def test_the_ranking_is_the_datasets_and_a_day_of_the_stack_sums_to_it(open_page: OpenPage, site: Served) -> None:
    page = open_page("/rankings?view=week")
    row = page.locator("#models tbody tr").first
    assert row.locator("[title]").first.get_attribute("title") == f"{WEEK_TOKENS:,}"
    assert "rocket" in row.inner_text().lower()
    today = page.locator("#tokens details tbody tr").last.locator("td")
    assert sum(int(cell.get_attribute("data-value") or 0) for cell in today.all()) == 70_000
    assert rows_of(site, "models", "view=week")[0]["total_tokens"] == str(WEEK_TOKENS)


def test_the_sums_of_the_table_are_those_of_the_api(demo: Served) -> None:
    days = json.loads(text_of(f"{demo.url}/api/v1/datasets/rankings-daily", KEY))["data"]
    last = max(row["date"] for row in days)
    by_model = {row["model_permaslug"]: int(row["total_tokens"]) for row in days if row["date"] == last}
    sums = [sum(int(amount) for name, amount in row.items() if name != "day") for row in rows_of(demo, "tokens")]
    assert sum(by_model.values()) in sums[-2:]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_an_anchor_a_source_and_a_csv(demo: Served, section: str) -> None:
    page = text_of(f"{demo.url}/rankings?view=week")
    assert f'id="{section}"' in page
    assert f"/rankings/{section}.csv?view=week" in page
    rows = rows_of(demo, section, "view=week")
    assert rows or section == "sessions"


def test_each_section_keeps_its_own_controls_in_the_address(open_page: OpenPage) -> None:
    page = open_page("/rankings")
    page.locator("#benchmarks").get_by_role("link", name="Coding").click()
    page.wait_for_url("**/rankings?index=coding#benchmarks")
    page.get_by_role("link", name="Trending").click()
    page.wait_for_url("**/rankings?index=coding&apps=trending#apps")
    page.get_by_role("link", name="Month").click()
    page.wait_for_url("**/rankings?view=month&index=coding&apps=trending#models")
    assert page.locator("#benchmarks [aria-current]").inner_text() == "Coding"
    assert page.locator(".scatter circle").count() > 5


def test_shares_of_a_section_are_a_hundred_percent(demo: Served) -> None:
    for section in ("labs", "modalities", "context", "tools"):
        assert sum(float(row["percent"]) for row in rows_of(demo, section)) == pytest.approx(100, abs=0.01), section


def test_every_page_and_file_of_a_demo_says_that_it_is_one(demo: Served) -> None:
    for path in ("/", "/models", "/rankings", "/status", "/docs", "/openai/gpt-5.4-mini/activity"):
        assert "here are made up" in text_of(f"{demo.url}{path}"), path
    with urllib.request.urlopen(f"{demo.url}/rankings.csv", timeout=30) as answer:
        assert "-demo.csv" in answer.headers["content-disposition"]


def test_an_instance_with_real_traffic_is_not_called_a_demo(site: Served) -> None:
    assert "here are made up" not in text_of(f"{site.url}/rankings")
