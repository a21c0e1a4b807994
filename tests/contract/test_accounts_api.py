"""The official Python SDK as judge of `/keys`, `/key`, `/credits` and `/generation`."""

from datetime import UTC, datetime

import pytest
from openrouter import OpenRouter, errors

from tests.control_plane import NOON_MS, RunningControlPlane
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation, ProviderResponse

pytestmark = [
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
    # The SDK's own models carry members that it calls deprecated, and warns when it reads them.
    pytest.mark.filterwarnings("ignore:warning. .. DEPRECATED:DeprecationWarning"),
]


def sdk(plane: RunningControlPlane, key: str) -> OpenRouter:
    return OpenRouter(api_key=key, server_url=f"{plane.url}/api/v1")


async def test_life_of_a_key_through_the_sdk(control_plane: RunningControlPlane) -> None:
    async with sdk(control_plane, control_plane.first.management_key) as client:
        expires_at = datetime(2030, 1, 1, tzinfo=UTC)
        made = await client.api_keys.create_async(
            name="SDK", limit=1.25, limit_reset="monthly", include_byok_in_limit=True, expires_at=expires_at
        )
        assert made.key.startswith("sk-tl-v1-") and made.data.limit == 1.25
        assert made.data.expires_at == expires_at

        async with sdk(control_plane, made.key) as own:
            current = (await own.api_keys.get_current_key_metadata_async()).data
        assert (current.label, current.limit_remaining, current.is_free_tier) == (made.data.label, 1.25, True)
        assert current.effective_budget is not None and current.effective_budget.limit_usd == 1.25
        assert current.effective_budget.resets_at == datetime(2026, 2, 1, tzinfo=UTC)

        changed = await client.api_keys.update_async(hash=made.data.hash, name="Renamed", disabled=True)
        assert (changed.data.name, changed.data.disabled) == ("Renamed", True)
        listed = await client.api_keys.list_async(include_disabled="true")
        assert made.data.hash in [key.hash for key in listed.data]
        assert (await client.api_keys.get_async(hash=made.data.hash)).data.name == "Renamed"
        assert (await client.api_keys.delete_async(hash=made.data.hash)).DELETED is True


async def test_sdk_raises_its_own_exceptions(control_plane: RunningControlPlane) -> None:
    async with sdk(control_plane, control_plane.first.management_key) as client:
        with pytest.raises(errors.NotFoundResponseError):
            await client.api_keys.get_async(hash="f" * 64)
        with pytest.raises(errors.BadRequestResponseError):
            await client.api_keys.create_async(name="")
        with pytest.raises(errors.NotFoundResponseError):
            await client.generations.get_generation_async(id="gen-1-unknown")
    async with sdk(control_plane, control_plane.first.api_key) as client:
        with pytest.raises(errors.ForbiddenResponseError):
            await client.credits.get_credits_async()
        with pytest.raises(errors.ForbiddenResponseError):
            await client.api_keys.create_async(name="k")
        with pytest.raises(errors.UnauthorizedResponseError):
            await client.api_keys.list_async()
    async with sdk(control_plane, "sk-or-v1-" + "0" * 64) as client:
        with pytest.raises(errors.UnauthorizedResponseError, match="User not found"):
            await client.api_keys.get_current_key_metadata_async()


async def test_credits_generation_and_feedback_through_the_sdk(control_plane: RunningControlPlane) -> None:
    generation = Generation(
        id="gen-1767225600-AAAAAAAAAAAAAAAAAAAA", request_id="req-1-x", account_id=control_plane.first.account_id,
        workspace_id=None, key_hash="0" * 64, created_at_ms=NOON_MS, finished_at_ms=NOON_MS, status="completed",
        model="openai/gpt-5-nano", requested_model="openai/gpt-5-nano", endpoint_id="e", provider_name="OpenAI",
        cost_nanousd=NanoUsd(1_500_000), provider_responses=(
            ProviderResponse(provider_name="OpenAI", status=200, endpoint_id="e", model_permaslug="m", latency=3),
        ),
    )  # fmt: skip
    await control_plane.context.database.settle(to_row(generation))
    async with sdk(control_plane, control_plane.first.management_key) as client:
        credits = (await client.credits.get_credits_async()).data
        assert (credits.total_credits, credits.total_usage) == (0, 0.0015)
        record = (await client.generations.get_generation_async(id=generation.id)).data
        assert (record.total_cost, record.model, record.app_id) == (0.0015, "openai/gpt-5-nano", None)
        receipt = await client.generations.submit_feedback_async(
            generation_id=generation.id, category="other", comment="fine"
        )
        assert receipt.data.SUCCESS is True
