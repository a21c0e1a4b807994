"""`trunkline catalog diff`, `sync` and `undo`: real files, a real socket, a real instance that reloads."""

import json
import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.recorded import recorded_dir, requires_recorded
from trunkline.catalog import synced
from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Endpoint
from trunkline.cli.main import cli
from trunkline.core.clock import SystemClock
from trunkline.core.money import parse_price
from trunkline.settings import Settings
from trunkline.statistics.prices import price_changes, record_prices
from trunkline.storage.reading import open_reader

MODEL = "openai/gpt-5-nano"
Run = Callable[..., Result]


def listed(**changes: Any) -> dict[str, Any]:
    """The catalog's own facts of MODEL as a gateway lists them, with changes."""
    plain = build_snapshot(Settings(home=Path("/nowhere"))).models[MODEL]
    own = next(endpoint for endpoint in plain.endpoints if endpoint.tag == "openai")
    row = {
        "id": MODEL,
        "name": "OpenAI: GPT-5 Nano",
        "pricing": {key: price / 10**18 for key, price in own.pricing.base.items()},
        "context_length": own.context_length,
        "supported_parameters": sorted(own.supported_parameters),
        "top_provider": {"max_completion_tokens": own.max_output_tokens},
    }
    row["pricing"] = {key: f"{price:.18f}" for key, price in row["pricing"].items()}
    return {**row, **changes}


def at_prices(prompt: str, completion: str) -> dict[str, Any]:
    return listed(pricing={"prompt": prompt, "completion": completion})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def run(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in an empty folder; a listing is given as its rows."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trunkline.toml").write_text("[discovery]\nenvironment = false\nlocal_engines = false\n")

    def invoke(*arguments: str, rows: Any = None, status: int = 0, **environ: str) -> Result:
        if rows is not None:
            (tmp_path / "listing.json").write_text(json.dumps(rows if isinstance(rows, dict) else {"data": rows}))
        environment = {"TRUNKLINE_HOME": str(home), "TRUNKLINE_CONFIG": None, **environ}
        result = CliRunner().invoke(cli, ["catalog", *arguments], env=environment)
        assert result.exit_code == status, result.output
        return result

    return invoke


def endpoint(home: Path, model: str = MODEL, tag: str = "openai", **settings: Any) -> Endpoint:
    """As an instance of that home would have it."""
    model_row = build_snapshot(Settings(home=home, **settings)).models[model]
    return next(each for each in model_row.endpoints if each.tag == tag)


def test_what_is_the_same_is_no_difference(run: Run) -> None:
    assert run("diff", "listing.json", rows=[listed()]).output.startswith("0 facts differ, 1 endpoints are the same")


def test_a_change_of_price_is_shown_with_percent_and_taken_over_only_when_asked(run: Run, home: Path) -> None:
    before = endpoint(home).pricing
    dearer = at_prices("0.00000006", "0.0000004")
    shown = run("sync", "listing.json", rows=[dearer]).output
    assert "prompt\t$0.05/M\t$0.06/M\t+20.0 %" in shown
    assert "nothing was taken over" in shown
    assert not (home / synced.NAME).exists()
    run("sync", "listing.json", "--apply")
    after = endpoint(home).pricing
    assert after.base["prompt"] == parse_price("0.00000006")
    assert {key: price for key, price in after.base.items() if key != "prompt"} == {
        key: price for key, price in before.base.items() if key != "prompt"
    }
    assert run("diff", "listing.json").output.startswith("0 facts differ")


@pytest.mark.parametrize("prompt", ["0", "0.00000015", "0.00000001"])
def test_a_jump_is_marked_and_held_back_until_it_is_allowed(run: Run, home: Path, prompt: str) -> None:
    before = endpoint(home).pricing.base["prompt"]
    said = run("sync", "listing.json", "--apply", rows=[at_prices(prompt, "0.0000005")]).output
    assert "JUMP" in said
    assert "1 prices jump and are held back" in said
    assert endpoint(home).pricing.base["prompt"] == before
    assert endpoint(home).pricing.base["completion"] == parse_price("0.0000005")
    run("sync", "listing.json", "--apply", "--allow-jumps")
    assert endpoint(home).pricing.base["prompt"] == parse_price(prompt)


def test_only_the_asked_kind_of_fact_is_taken_over(run: Run, home: Path) -> None:
    row = {**at_prices("0.00000006", "0.0000004"), "context_length": 500_000}
    run("sync", "listing.json", "--only", "limits", "--apply", rows=[row])
    found = endpoint(home)
    assert (found.context_length, found.pricing.base["prompt"]) == (500_000, parse_price("0.00000005"))


def test_the_operators_own_entry_wins_and_is_said_to(run: Run, tmp_path: Path, home: Path) -> None:
    own = {"model": MODEL, "provider": "openai", "pricing": {"prompt": "0.000009", "completion": "0.00001"}}
    with (tmp_path / "trunkline.toml").open("a") as file:
        file.write(f"[[endpoints]]\nmodel = '{MODEL}'\nprovider = 'openai'\n")
        file.write("pricing = { prompt = '0.000009', completion = '0.00001' }\n")
    said = run("sync", "listing.json", "--apply", rows=[at_prices("0.00000006", "0.0000004")]).output
    assert "your own entry wins" in said
    assert endpoint(home, endpoints=(own,)).pricing.base["prompt"] == parse_price("0.000009")


def test_a_gateways_list_becomes_its_endpoints_with_new_models(run: Run, home: Path) -> None:
    new = listed(id="acme/rocket-9", name="Acme: Rocket 9", context_length=64_000)
    rows = [listed(), new, listed(id="acme/rocket-9:free", pricing={"prompt": "0", "completion": "0"})]
    rows += [listed(id="~acme/latest"), listed(id="openrouter/auto", pricing={"prompt": "-1", "completion": "-1"})]
    said = run("sync", "listing.json", "--as", "openrouter", "--apply", rows=rows).output
    assert "took over 3 endpoints and 1 new models" in said
    assert "1 passed over (a router: its price depends)" in said
    there = endpoint(home, tag="openrouter")
    assert (there.provider, there.upstream_model) == ("openrouter", MODEL)
    rocket = endpoint(home, "acme/rocket-9", "openrouter")
    assert (rocket.context_length, rocket.base_url, rocket.api_key) == (64_000, None, None)
    assert endpoint(home, "acme/rocket-9:free", "openrouter/free").pricing.base["prompt"] == 0


def test_a_public_list_by_provider_changes_endpoints_and_tells_what_is_gone(run: Run, home: Path) -> None:
    cost = {"input": 0.06, "output": 0.4, "cache_read": 0.005}
    public = {
        "openai": {"id": "openai", "models": {"gpt-5-nano": {"id": "gpt-5-nano", "cost": cost, "limit": {}}}},
        "nobody": {"models": {"x": {}}},
    }
    said = run("sync", "listing.json", "--apply", "--disable-gone", "--only", "prices", rows=public).output
    assert "prompt\t$0.05/M\t$0.06/M\t+20.0 %" in said
    assert "gone  openai/gpt-4.1-mini  openai" in said
    assert endpoint(home).pricing.base["prompt"] == parse_price("0.00000006")
    assert not endpoint(home, "openai/gpt-4.1-mini").enabled
    assert endpoint(home).enabled


def test_each_state_can_be_brought_back_one_after_the_other(run: Run, home: Path) -> None:
    for prompt in ("0.00000006", "0.00000007"):
        run("sync", "listing.json", "--apply", rows=[at_prices(prompt, "0.0000004")])
    for prompt in ("0.00000006", "0.00000005"):
        run("undo")
        assert endpoint(home).pricing.base["prompt"] == parse_price(prompt)
    assert "nothing to take back" in run("undo", status=1).output


def test_a_change_stands_in_the_history_of_prices(run: Run, home: Path, tmp_path: Path) -> None:
    import asyncio

    from trunkline.storage.database import open_database
    from trunkline.storage.schema import migrate

    url = f"sqlite:///{home / 'trunkline.db'}"
    migrate(url)

    async def first_start() -> None:
        database = open_database(url, pool_size=1)
        await database.start()
        await database.write(record_prices, build_snapshot(Settings(home=home)), SystemClock().now_ms() - 1_000)
        await database.close()

    asyncio.run(first_start())
    run("sync", "listing.json", "--apply", rows=[at_prices("0.00000006", "0.0000004")])
    with open_reader(url) as reader:
        (change,) = reader.read(price_changes, MODEL, 0)
    assert change.before is not None
    assert (change.before.base["prompt"], change.after.base["prompt"]) == (5 * 10**10, 6 * 10**10)


def test_nothing_but_facts_is_read_from_the_file(run: Run, home: Path) -> None:
    run("sync", "listing.json", "--apply", rows=[at_prices("0.00000006", "0.0000004")])
    path = home / synced.NAME
    tree = json.loads(path.read_text())
    tree["endpoints"][0] |= {"base_url": "http://127.0.0.1:1", "api_key": "stolen", "protocol": "native"}
    path.write_text(json.dumps(tree))
    found = endpoint(home)
    assert (found.base_url, found.api_key, found.protocol) == (None, None, endpoint(Path("/nowhere")).protocol)


def test_an_entry_that_cannot_be_used_is_left_out_and_told_by_check(run: Run, home: Path) -> None:
    run("sync", "listing.json", "--apply", rows=[at_prices("0.00000006", "0.0000004")])
    path = home / synced.NAME
    path.write_text(path.read_text().replace('"0.00000006"', '"a lot"'))
    assert endpoint(home).pricing.base["prompt"] == parse_price("0.00000005")
    assert "a lot" in run("check", status=1).output
    path.write_text("{")
    assert endpoint(home).pricing.base["prompt"] == parse_price("0.00000005")
    assert "is no JSON" in run("check", status=1).output


def test_a_write_that_breaks_off_leaves_what_was_there(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("sync", "listing.json", "--apply", rows=[at_prices("0.00000006", "0.0000004")])
    before = (home / synced.NAME).read_bytes()
    monkeypatch.setattr(os, "fsync", _full_disk)
    run("sync", "listing.json", "--apply", rows=[at_prices("0.00000007", "0.0000004")], status=1)
    assert (home / synced.NAME).read_bytes() == before


def _full_disk(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


class Gateway:
    """A listing on a real socket; `paths` and `keys` that were asked with."""

    def __init__(self, body: bytes) -> None:
        seen = self.seen = list[tuple[str, str | None]]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.path, self.headers["authorization"]))
                moved = self.path == "/moved"
                self.send_response(302 if moved else 200)
                self.send_header("location", "/models")
                self.send_header("content-length", "0" if moved else str(len(body)))
                self.end_headers()
                self.wfile.write(b"" if moved else body)

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    found = Gateway(json.dumps({"data": [at_prices("0.00000006", "0.0000004")]}).encode())
    thread = Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def test_an_address_that_is_not_public_is_fetched_only_from_an_allowed_network(run: Run, gateway: Gateway) -> None:
    refused = run("diff", f"{gateway.url}/models", status=1).output
    assert "no address that this gateway may connect to" in refused
    assert gateway.seen == []
    shown = run("diff", f"{gateway.url}/moved", "--allow-network", "127.0.0.0/8").output
    assert "+20.0 %" in shown
    assert gateway.seen == [("/moved", None), ("/models", None)]


def test_a_key_is_sent_where_it_was_meant_and_not_on_from_there(run: Run, gateway: Gateway) -> None:
    options = ("--allow-network", "127.0.0.0/8", "--key-env", "GATEWAY_KEY")
    run("diff", f"{gateway.url}/models", *options, GATEWAY_KEY="secret")
    assert gateway.seen == [("/models", "Bearer secret")]
    run("diff", f"{gateway.url}/moved", *options, GATEWAY_KEY="secret", status=1)
    assert gateway.seen[1:] == [("/moved", "Bearer secret")]


def test_what_is_no_listing_is_refused_in_a_sentence(run: Run, tmp_path: Path) -> None:
    for text in ("[]", "<html>", "{}", '{"data": 1}'):
        (tmp_path / "listing.json").write_text(text)
        assert "listing.json: it " in run("diff", "listing.json", status=1).output


@requires_recorded
def test_a_recorded_list_of_a_gateway_is_read_to_its_end(run: Run) -> None:
    import gzip

    folder = recorded_dir()
    assert folder is not None
    with gzip.open(folder / "openrouter-models.jsonl.gz", "rt") as lines:
        body = json.loads(json.loads(next(lines))["response"]["body"])
    said = run("diff", "listing.json", "--as", "openrouter", "--json", rows=body)
    found = json.loads(said.output)
    assert len(found["differences"]) + sum(found["passed_over"].values()) == len(body["data"])
