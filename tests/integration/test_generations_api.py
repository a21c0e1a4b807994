"""`/generation`, `/credits`, health and description over a real socket (accounts-and-governance.md 4.1, 18, 28)."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.control_plane import NOON_MS, RunningControlPlane
from tests.databases import PostgresServer
from trunkline.accounts import repository as accounts_repository
from trunkline.accounts.types import Account
from trunkline.billing import ledger
from trunkline.billing.repository import add_entries
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation, ProviderResponse

MINE, THEIRS = "gen-1767225600-AAAAAAAAAAAAAAAAAAAA", "gen-1767225600-BBBBBBBBBBBBBBBBBBBB"


def generation(plane: RunningControlPlane, **changes: Any) -> Generation:
    fields: dict[str, Any] = {
        "id": MINE, "request_id": "req-1-x", "account_id": plane.first.account_id, "workspace_id": None,
        "key_hash": "0" * 64, "created_at_ms": NOON_MS, "finished_at_ms": NOON_MS + 900, "status": "completed",
        "model": "acme/m", "requested_model": "acme/m", "endpoint_id": "acme/m:acme", "provider_name": "Acme",
        "cost_nanousd": NanoUsd(1_234_567), "upstream_cost_nanousd": NanoUsd(1_234_567), "finish_reason": "stop",
        "provider_responses": tuple(
            ProviderResponse(provider_name=f"P{number}", status=status, endpoint_id="e", model_permaslug="acme/m")
            for number, status in enumerate((500, None, 429, 200))
        ),
    }  # fmt: skip
    return Generation(**(fields | changes))


@pytest.fixture
async def recorded(control_plane: RunningControlPlane) -> RunningControlPlane:
    """One generation of the owner, one of somebody else."""
    database = control_plane.context.database
    stranger = Account(id="user_stranger", name="Stranger", created_at_ms=NOON_MS)
    await database.write(accounts_repository.insert_account, stranger)
    await database.settle(to_row(generation(control_plane)))
    await database.settle(to_row(generation(control_plane, id=THEIRS, account_id=stranger.id)))
    return control_plane


async def test_record_is_readable_with_either_kind_of_key(recorded: RunningControlPlane) -> None:
    for key in (recorded.first.api_key, recorded.first.management_key):
        async with recorded.client(key) as client:
            for path in ("/generation", "/generation/"):
                answer = await client.get(path, params={"id": MINE})
                assert answer.status_code == 200
    data = answer.json()["data"]
    assert data["total_cost"] == data["usage"] == 0.001234567
    assert data["created_at"] == "2026-01-01T12:00:00.000Z"
    assert [attempt["status"] for attempt in data["provider_responses"]] == [500, None, 429, 200]
    assert (data["cancelled"], data["origin"], data["data_region"]) == (False, "", "global")


async def test_foreign_unknown_and_malformed_ids_answer_alike(recorded: RunningControlPlane) -> None:
    ids = (THEIRS, MINE[:-1] + "Z", "x", "../../etc/passwd", "\x00", "a" * 3000, "gen-1; DROP TABLE generations")
    async with recorded.client(recorded.first.api_key) as client:
        for path in ("/generation", "/generation/content"):
            answers = [await client.get(path, params={"id": id_}) for id_ in ids]
            assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
        reports = [
            await client.post("/generation/feedback", json={"generation_id": id_, "category": "other"})
            for id_ in ids[:4]
        ]
        assert {(report.status_code, report.text) for report in reports} == {(404, answers[0].text)}


async def test_content_says_that_logging_was_off(recorded: RunningControlPlane) -> None:
    async with recorded.client(recorded.first.api_key) as client:
        answer = await client.get("/generation/content", params={"id": MINE})
        assert answer.status_code == 404 and "logging was off" in answer.json()["error"]["message"]


async def test_missing_id_is_named(recorded: RunningControlPlane) -> None:
    async with recorded.client(recorded.first.api_key) as client:
        answer = await client.get("/generation")
        assert answer.status_code == 400 and answer.json()["error"]["metadata"]["issues"][0]["path"] == "id"


async def test_several_reports_on_one_generation_are_kept(recorded: RunningControlPlane) -> None:
    async with recorded.client(recorded.first.api_key) as client:
        for category in ("latency", "billing"):
            body = {"generation_id": MINE, "category": category, "comment": "c" * 1000}
            answer = await client.post("/generation/feedback", json=body)
            assert (answer.status_code, answer.json()) == (200, {"data": {"success": True}})
        for bad in ({"category": "nonsense"}, {"comment": "c" * 1001}, {"comment": "\x00"}):
            answer = await client.post("/generation/feedback", json={"generation_id": MINE, "category": "other"} | bad)
            assert answer.status_code == 400
            assert [issue["path"] for issue in answer.json()["error"]["metadata"]["issues"]] == list(bad)


async def test_credits_are_added_minus_used_for_management_keys_only(recorded: RunningControlPlane) -> None:
    entry = ledger.entry(
        "grant", account_id=recorded.first.account_id, amount_nanousd=NanoUsd(10_000_000_000), at_ms=NOON_MS,
        reference="g",
    )  # fmt: skip
    await recorded.context.database.write(add_entries, [entry])
    async with recorded.client(recorded.first.management_key) as client:
        assert (await client.get("/credits")).json() == {"data": {"total_credits": 10, "total_usage": 0.001234567}}
    async with recorded.client(recorded.first.api_key) as client:
        answer = await client.get("/credits")
        assert answer.status_code == 403
        assert answer.json()["error"]["message"] == "Only management keys can perform this operation"
        assert (await client.get("/key")).json()["data"]["is_free_tier"] is False


async def test_coinbase_is_gone_without_authentication(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(None) as client:
        answer = await client.post("/credits/coinbase", json={})
        assert answer.status_code == answer.json()["error"]["code"] == 410


async def test_unknown_paths_and_methods_get_the_envelope(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(None) as client:
        missing, wrong = await client.get("/nothing"), await client.put("/keys/")
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, 404)
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, 405)
        assert wrong.headers["allow"] == "GET, OPTIONS, POST"
        generation = await client.get("/chat/completions")
        assert (generation.status_code, generation.headers["allow"]) == (405, "OPTIONS, POST")


async def test_every_response_has_request_id_and_cors_and_preflight_is_answered(
    control_plane: RunningControlPlane,
) -> None:
    async with control_plane.client(control_plane.first.api_key) as client:
        for answer in (await client.get("/key"), await client.get("/nothing"), await client.head("/key")):
            assert answer.headers["x-request-id"].startswith("req-")
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "X-Generation-Id" in answer.headers["access-control-expose-headers"]
        headers = {
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        preflight = await client.options("/chat/completions", headers=headers)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
        assert "PATCH" in preflight.headers["access-control-allow-methods"]


HOSTILE: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{",
    b'{"name":',
    b'{"name": "\xff\xfe"}',
    b'{"\xff": 1}',
    b'{"name": "\\ud800"}',
    b'{"name": ' + b"[" * 50_000,
    b'{"name": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"name": "k", "limit": 1e999999999}',
    b'{"name": "k", "limit": NaN}',
    b'{"name": "k", "expires_at": "9999-99-99T00:00:00Z"}',
    b'{"name": "k", "workspace_id": {}}',
    b'{"name": "' + b"k" * 60_000 + b'"}',
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_hostile_bodies_are_400(control_plane: RunningControlPlane, body: bytes) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        answer = await client.post("/keys", content=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400), answer.text


async def test_oversized_body_is_413(control_plane: RunningControlPlane) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        answer = await client.post("/keys", content=b" " * 70_000)
        assert answer.status_code == answer.json()["error"]["code"] == 413


@pytest.mark.parametrize("offset", ["-1", "x", "1.5", "9" * 5000, "٣"])
async def test_bad_offsets_are_400(control_plane: RunningControlPlane, offset: str) -> None:
    async with control_plane.client(control_plane.first.management_key) as client:
        answer = await client.get("/keys", params={"offset": offset})
        assert answer.status_code == 400 and "offset" in answer.json()["error"]["message"]
        assert (await client.get("/keys?offset=null")).status_code == 200


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
async def test_database_away_is_503_never_401(
    control_plane: RunningControlPlane, postgres: PostgresServer, database_url: str
) -> None:
    name = database_url.rpartition("/")[2]
    postgres.allow_connections(name, allowed=False)
    postgres.disconnect_everyone(name)
    async with control_plane.client(control_plane.first.management_key) as client:
        first, second = await asyncio.gather(client.get("/keys"), client.get("/key"))
        for answer in (first, second):
            assert answer.status_code == answer.json()["error"]["code"] == 503
            assert int(answer.headers["retry-after"]) >= 1
            assert "127.0.0.1" not in answer.text
        ready = await client.get(f"{control_plane.url}/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, {"database": "the database does not answer"})
        assert (await client.get(f"{control_plane.url}/healthz")).status_code == 200
    postgres.allow_connections(name, allowed=True)


async def test_instance_is_ready_while_the_database_answers(control_plane: RunningControlPlane) -> None:
    async with httpx.AsyncClient(base_url=control_plane.url) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
