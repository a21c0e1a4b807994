"""`trunkline whatif`: the whole command, on real databases with records whose outcome under another policy is known."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import Raw
from msgspec.structs import replace

from tests.records import a_generation, open_account
from trunkline.cli.main import cli
from trunkline.core.clock import SystemClock
from trunkline.core.ids import generation_id
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Asked, Generation, ProviderResponse
from trunkline.statistics.follower import Follower
from trunkline.storage.database import open_database
from trunkline.whatif import records, totals

MODEL = "acme/rocket-1"
DEAR, CHEAP = f"{MODEL}|dear", f"{MODEL}|cheap"
COST = {DEAR: 4_000_000, CHEAP: 1_000_000}
"""Of 1,000 tokens in and 500 out, in nano-dollars."""
WAIT_MS = {DEAR: 200, CHEAP: 900}
CONFIG = """\
[database]
url = "{url}"
[discovery]
environment = false
local_engines = false
{endpoints}
"""
ENDPOINT = """\
[[endpoints]]
model = "acme/rocket-1"
provider = "{name}"
base_url = "http://127.0.0.1:9/v1"
api_key = "none"
context_length = 32768
pricing = {{ prompt = "{prompt}", completion = "{completion}" }}
"""
DEAR_ENTRY = ENDPOINT.format(name="dear", prompt="0.000002", completion="0.000004")
CHEAP_ENTRY = ENDPOINT.format(name="cheap", prompt="0.0000005", completion="0.000001")
BOLT_ENTRY = ENDPOINT.format(name="bolt", prompt="0.0000001", completion="0.0000001")

NOTHING_SPECIAL = Asked()

WhatIf = Callable[..., dict[str, Any]]


def generation(
    number: int, endpoint_id: str = DEAR, *, asked: Asked | None = NOTHING_SPECIAL, **changes: Any
) -> Generation:
    """The `number`-th of a run of streams, a minute apart, the last a few minutes ago."""
    at_ms = SystemClock().now_ms() - 3_600_000 * 6 + number * 60_000
    tried = changes.pop("tried", ((endpoint_id, 200),))
    return replace(
        a_generation(),
        id=generation_id(at_ms),
        created_at_ms=at_ms,
        finished_at_ms=at_ms + 2_000,
        model=MODEL,
        requested_model=MODEL,
        endpoint_id=endpoint_id,
        streamed=True,
        latency_ms=WAIT_MS.get(endpoint_id, 500),
        finish_reason="stop",
        cost_nanousd=NanoUsd(COST.get(endpoint_id, 0)),
        upstream_cost_nanousd=NanoUsd(COST.get(endpoint_id, 0)),
        tokens_prompt=1_000,
        tokens_completion=500,
        native_tokens_prompt=1_000,
        native_tokens_completion=500,
        asked=replace(asked, input_modalities=frozenset({"text"}), prompt_tokens_estimate=1_000) if asked else None,
        provider_responses=tuple(
            ProviderResponse(provider_name=called, status=status, endpoint_id=called, model_permaslug=MODEL)
            for called, status in tried
        ),
        **changes,
    )


def failed(number: int, endpoint_id: str, status: int = 500) -> Generation:
    """One that nobody answered."""
    return generation(
        number,
        endpoint_id,
        tried=((endpoint_id, status),),
        status="failed",
        error_code=502 if status >= 500 else status,
    )


def fill(url: str, found: Iterable[Generation]) -> None:
    """Settle and count them, as a serving instance does."""

    async def settle() -> None:
        database = open_database(url, pool_size=1)
        await database.start()
        await database.write(open_account)
        for one in found:
            await database.settle(to_row(one))
        await Follower(database, SystemClock()).catch_up()
        await database.close()

    asyncio.run(settle())


@pytest.fixture
def whatif(tmp_path: Path, database_url: str) -> WhatIf:
    """Fill the database, then run the command: `whatif(generations, policy="…", prices="…", *options)`."""

    def run(
        found: Sequence[Generation],
        *options: str,
        policy: str | None = None,
        prices: str | None = None,
        endpoints: str = DEAR_ENTRY + CHEAP_ENTRY,
        status: int = 0,
    ) -> dict[str, Any]:
        if found:
            fill(database_url, found)
        config = tmp_path / "trunkline.toml"
        config.write_text(CONFIG.format(url=database_url, endpoints=endpoints))
        arguments = ["whatif", "--config", str(config), "--json", *options]
        for name, text in (("policy", policy), ("prices", prices)):
            if text is not None:
                (tmp_path / f"{name}.toml").write_text(text)
                arguments += [f"--{name}", str(tmp_path / f"{name}.toml")]
        result = CliRunner().invoke(cli, arguments, env={"TRUNKLINE_HOME": str(tmp_path / "home")})
        assert result.exit_code == status, result.output
        return json.loads(result.output) if status == 0 else {"output": result.output}

    return run


def half_and_half(count: int) -> list[Generation]:
    return [generation(number, DEAR if number % 2 else CHEAP) for number in range(count)]


ALWAYS_CHEAP = '[provider]\nsort = "price"\n'


def test_the_cheaper_endpoint_costs_what_its_prices_say_and_waits_as_long_as_it_did(whatif: WhatIf) -> None:
    found = whatif(half_and_half(60), policy=ALWAYS_CHEAP)["total"]
    assert found["requests"] == 60
    assert found["happened"]["cost_usd"] == 0.15
    assert found["what_if"]["cost_usd"] == 0.06
    assert found["what_if"]["moved_percent"] == 50
    assert found["what_if"]["endpoints"] == {CHEAP: 60}
    assert found["happened"]["first_token_p50_ms"] == pytest.approx(200, rel=0.02)
    assert found["what_if"]["first_token_p50_ms"] == pytest.approx(900, rel=0.02)
    assert found["what_if"]["availability_percent"] == found["what_if"]["availability_percent_at_least"] == 100
    # The control balances by price²: of one in four dollars it sends seventeen of eighteen requests to the cheap one.
    assert 0.06 <= found["as_now"]["cost_usd"] < 0.1


def test_a_price_list_alone_leaves_who_answers_and_changes_what_it_costs(whatif: WhatIf) -> None:
    prices = DEAR_ENTRY.replace("0.000002", "0.000004").replace('"0.000004" }', '"0.000008" }')
    only_prices = "\n".join(line for line in prices.splitlines() if line.split(" ")[0] in _PRICE_LINES)
    found = whatif([generation(n) for n in range(10)], prices=only_prices, endpoints=DEAR_ENTRY)["total"]
    assert (found["happened"]["cost_usd"], found["as_now"]["cost_usd"]) == (0.04, 0.04)
    assert found["what_if"]["cost_usd"] == 0.08
    assert found["what_if"]["moved_percent"] == 0


_PRICE_LINES = {"[[endpoints]]", "model", "provider", "pricing"}


def test_availability_is_what_was_measured_of_the_endpoints_that_are_left(whatif: WhatIf) -> None:
    lost = [failed(number, CHEAP) for number in range(0, 20, 2)]
    kept = [generation(number, CHEAP) for number in range(1, 20, 2)]
    others = [generation(number) for number in range(20, 40)]
    found = whatif([*lost, *kept, *others], policy='[provider]\nonly = ["cheap"]\n')["total"]
    # 10 failed there and would again, 10 did not; of the 20 that went elsewhere half would be answered.
    assert found["happened"]["availability_percent"] == 75
    assert found["what_if"]["availability_percent"] == pytest.approx(50, abs=0.1)
    # With the dear one behind it nothing is lost, and what failed is answered and paid for.
    both = whatif([], policy='[provider]\norder = ["cheap", "dear"]\n')["total"]["what_if"]
    assert both["availability_percent"] == 100
    assert both["rescued"] == 10
    assert both["rescued_cost_usd"] == pytest.approx(0.04, rel=0.2)


def test_an_endpoint_that_was_never_called_is_said_to_be_unknown(whatif: WhatIf) -> None:
    policy = '[provider]\nonly = ["bolt"]\n' + BOLT_ENTRY
    found = whatif(half_and_half(20), policy=policy)["total"]["what_if"]
    assert (found["availability_percent"], found["availability_percent_at_least"]) == (100, 0)
    assert found["first_token_p50_ms"] is None
    assert found["first_token_known_percent"] == 0
    assert found["unmeasured_percent"] == 100
    assert found["cost_usd"] == 0.003


def test_cached_prompts_that_move_are_told_with_what_they_cost_uncached(whatif: WhatIf) -> None:
    cheap = CHEAP_ENTRY.replace("pricing = {", 'pricing = { input_cache_read = "0.00000005",')
    run = [generation(number, native_tokens_cached=800) for number in range(10)]
    found = whatif(run, policy=ALWAYS_CHEAP, endpoints=DEAR_ENTRY + cheap)["total"]["what_if"]
    assert found["cost_usd"] == pytest.approx(10 * (200 * 5e-7 + 800 * 5e-8 + 500 * 1e-6))
    assert found["cost_usd_uncached"] == 0.01


def test_what_requests_preferred_holds_unless_the_policy_says_otherwise(whatif: WhatIf) -> None:
    own = Asked(provider=Raw(b'{"only":["dear"]}'))
    run = [generation(number, asked=own) for number in range(10)]
    assert whatif(run, policy=ALWAYS_CHEAP)["total"]["what_if"]["endpoints"] == {DEAR: 10}
    overruled = whatif([], policy='[provider]\nonly = ["cheap"]\n')
    assert overruled["total"]["what_if"]["endpoints"] == {CHEAP: 10}
    dropped = whatif([], policy="keep_own_preferences = false\n" + ALWAYS_CHEAP)
    assert dropped["total"]["what_if"]["endpoints"] == {CHEAP: 10}


def test_requirements_hold_and_what_cannot_be_served_is_counted_with_its_reason(whatif: WhatIf) -> None:
    long = Asked(max_output_tokens=40_000)
    found = whatif([generation(0, asked=long), generation(1)], policy=ALWAYS_CHEAP)
    assert found["total"]["what_if"]["refused"] == 1
    assert found["refusals"]["what_if"] == {"context_length_exceeded": 1}
    assert found["total"]["what_if"]["availability_percent"] == 50


def test_what_cannot_be_asked_again_is_left_as_it_was_and_counted_apart(whatif: WhatIf) -> None:
    run = [
        generation(0),
        generation(1, is_byok=True),
        generation(2, api_type="embeddings"),
        generation(3, charged=False),
        generation(4, status="interrupted"),
        failed(5, DEAR, 400),
        generation(6, asked=None, tool_call_count=1),
    ]
    found = whatif(run, policy=ALWAYS_CHEAP)
    assert found["total"]["requests"] == 2
    assert found["inferred"] == 1
    reasons = {left["reason"]: left["requests"] for left in found["left"]}
    assert reasons == {"own key": 1, "not a chat": 1, "sandbox": 1, "not finished": 1, "client's error": 1}


def test_other_settings_of_routing_are_replayed(whatif: WhatIf) -> None:
    lost = [failed(number, CHEAP) for number in range(10)]
    policy = '[provider]\norder = ["cheap", "dear"]\n[routing]\nattempts_max = 1\n'
    found = whatif([*lost, *(generation(n) for n in range(10, 30))], policy=policy)["total"]["what_if"]
    assert found["rescued"] == 0


def test_pages_and_mixed_distributions_change_no_figure(whatif: WhatIf, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = whatif(half_and_half(40), policy=ALWAYS_CHEAP)
    monkeypatch.setattr(totals, "FARES_MAX", 1)
    monkeypatch.setattr(records, "_page", records._page.limit(3))
    monkeypatch.setattr(records, "PAGE", 3)
    assert {**whatif([], policy=ALWAYS_CHEAP), "seconds": 0, "since_ms": 0, "until_ms": 0} == {
        **whole,
        "seconds": 0,
        "since_ms": 0,
        "until_ms": 0,
    }


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_database_is_not_written(whatif: WhatIf, tmp_path: Path) -> None:
    path = tmp_path / "trunkline.db"
    fill(f"sqlite:///{path}", half_and_half(10))
    before = hashlib.sha256(path.read_bytes()).digest()
    whatif([], policy=ALWAYS_CHEAP)
    assert hashlib.sha256(path.read_bytes()).digest() == before


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ('[provider]\nsrot = "price"\n', "provider.srot is not a known field; did you mean 'sort'?"),
        ("[routing]\nattempts_max = 0\n", "routing.attempts_max"),
        ("[other]\n", "unknown field"),
        ("[[endpoints]]\nmodel = 'acme/rocket-1'\n", "provider: must be given"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_by_its_member(whatif: WhatIf, policy: str, told: str) -> None:
    assert told in whatif([], policy=policy, status=1)["output"].replace("\n", " ")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_price_list_with_more_than_prices_is_refused(whatif: WhatIf) -> None:
    assert "endpoints[0].api_key is no part of a price list" in whatif([], prices=DEAR_ENTRY, status=1)["output"]
