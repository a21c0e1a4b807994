"""The site over HTTP: headers, errors, forms, and what is left when the database is away."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from trunkline.settings import Billing, Site
from trunkline.storage.interface import StorageUnavailable


@pytest.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    async with Instance(tmp_path, billing=Billing(markup_percent=5.5, byok_fee_percent=5)) as instance:
        yield instance


@pytest.fixture
async def visitor(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=instance.origin, headers={"accept": "text/html,*/*;q=0.8"}) as client:
        yield client


async def test_pages_forbid_inline_scripts_foreign_hosts_and_frames(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/models")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page.text
    assert " style=" not in page.text
    assert " onclick=" not in page.text
    assert "access-control-allow-origin" not in page.headers


async def test_assets_are_kept_for_ever_under_addresses_of_their_content(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/")
    address = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    asset = await visitor.get(address)
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "gzip"
    assert asset.headers["content-type"].startswith("text/css")
    assert (await visitor.get("/static/../../settings.py")).status_code == 404


async def test_an_unknown_page_is_a_page_and_an_unknown_operation_an_envelope(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/nobody/nothing")
    assert page.status_code == 404
    assert "<form" in page.text
    assert page.headers["x-request-id"] in page.text
    for path in ("/api/v1/nothing", "/api/nothing", "/v1/nothing", "/api"):
        envelope = await visitor.get(path)
        assert envelope.status_code == 404
        assert envelope.json()["error"]["code"] == 404
    program = await visitor.get("/nobody/nothing", headers={"accept": "application/json"})
    assert (program.status_code, program.json()["error"]["code"]) == (404, 404)
    posted = await visitor.post("/nothing", json={}, headers={"accept": "*/*"})
    assert (posted.status_code, posted.json()["error"]["code"]) == (404, 404)


async def test_a_trailing_slash_leads_to_the_address_without(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/models/?q=gpt")
    assert (answer.status_code, answer.headers["location"]) == (308, "/models?q=gpt")
    evil = await visitor.get("//example.org//")
    assert not evil.headers.get("location", "").startswith("//")


async def test_a_theme_is_a_cookie_and_other_sites_cannot_set_it(visitor: httpx.AsyncClient) -> None:
    form = {"theme": "dark", "back": "/models"}
    chosen = await visitor.post("/preferences/theme", data=form, headers={"sec-fetch-site": "same-origin"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/models")
    assert 'data-theme="dark"' in (await visitor.get("/")).text
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        refused = await visitor.post("/preferences/theme", data=form, headers=headers)
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers
    away = await visitor.post("/preferences/theme", data={"theme": "light", "back": "//evil.example"})
    assert away.headers["location"] == "/"
    assert (await visitor.post("/preferences/theme", data={"theme": "pink"})).status_code == 400
    assert (await visitor.post("/preferences/theme", content=b"x" * 20_000)).status_code == 413


async def test_fees_are_the_settings_that_charge(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/pricing")).text
    assert '<p class="fee number" data-fee="markup">5.5 %</p>' in page
    assert '<p class="fee number" data-fee="byok">5 %</p>' in page


async def test_the_sandbox_has_a_banner_while_it_answers_everything(visitor: httpx.AsyncClient) -> None:
    assert "built-in Sandbox answers every model" in (await visitor.get("/")).text


async def test_an_instance_without_traffic_shows_no_ranking_and_invents_no_number(visitor: httpx.AsyncClient) -> None:
    home = (await visitor.get("/")).text
    assert "Most used" not in home
    assert "tokens in 30 days" not in home
    assert "No traffic in this period" in (await visitor.get("/rankings")).text


async def test_one_request_appears_on_the_pages(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)]) as instance,
        httpx.AsyncClient(base_url=instance.origin) as visitor,
    ):
        await instance.chat("acme/rocket")
        await instance.app._database.barrier()
        await instance.app.statistics.step()
        page = (await visitor.get("/acme/rocket/activity")).text
        assert "Tokens by day" in page
        assert "acme/rocket" in (await visitor.get("/rankings.csv?view=day")).text


async def test_without_the_database_only_the_regions_that_need_it_are_missing(
    instance: Instance, visitor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = type(instance.app._database)
    read = database.read

    async def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("the disk is gone")

    monkeypatch.setattr(database, "read", away)
    page = await visitor.get("/openai/gpt-5.4-mini/activity")
    assert page.status_code == 200
    assert "Activity could not be loaded" in page.text
    assert 'href="/openai/gpt-5.4-mini/activity">Retry</a>' in page.text
    assert "disk" not in page.text
    for path in ("/", "/models", "/rankings", "/apps", "/providers", "/provider/openai", "/openai/gpt-5.4-mini/uptime"):
        assert (await visitor.get(path)).status_code == 200, path
    status = await visitor.get("/status")
    assert status.status_code == 200
    assert "Major outage" in status.text
    monkeypatch.setattr(database, "read", read)
    assert "could not be loaded" not in (await visitor.get("/openai/gpt-5.4-mini/activity")).text
    assert (await visitor.get("/status.json")).json()["status"] == "operational"


async def test_announcements_are_the_operator_s_files_with_a_feed(
    instance: Instance, visitor: httpx.AsyncClient
) -> None:
    folder = instance.settings.home / "announcements"
    folder.mkdir()
    (folder / "2026-11-01-older.md").write_text("# Older\n\nText.", encoding="utf-8")
    (folder / "2026-11-22-newer.md").write_text(
        "# Newer & <b>better</b>\n\n<script>alert(1)</script>", encoding="utf-8"
    )
    (folder / "notes.txt").write_text("no", encoding="utf-8")
    listed = (await visitor.get("/announcements")).text
    assert listed.index("Newer") < listed.index("Older")
    post = (await visitor.get("/announcements/newer")).text
    assert "&lt;script&gt;" in post
    feed = (await visitor.get("/announcements.rss")).text
    assert "<title>Newer &amp; &lt;b&gt;better&lt;/b&gt;</title>" in feed
    assert "Sun, 22 Nov 2026 00:00:00 GMT" in feed
    assert (await visitor.get("/announcements/../../trunkline.db")).status_code == 404


async def test_the_operator_s_name_colour_and_links_are_shown_and_rankings_switched_off(tmp_path: Path) -> None:
    site = Site(name="Orbit & Co", color="#123456", rankings="off", support_url="https://help.example")
    async with Instance(tmp_path, site=site) as instance, httpx.AsyncClient(base_url=instance.origin) as client:
        page = (await client.get("/")).text
        assert "Orbit &amp; Co" in page
        assert "https://help.example" in page
        assert ">Privacy<" not in page
        address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert "--brand:#123456" in (await client.get(address)).text
        assert (await client.get("/rankings")).status_code == 404
        assert (await client.get("/apps")).status_code == 404


async def test_the_description_of_the_api_is_also_there_as_yaml(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/openapi.yaml")
    assert answer.headers["content-type"] == "application/yaml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    assert yaml.load(answer.text, loader) == (await visitor.get("/openapi.json")).json()
