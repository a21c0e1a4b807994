"""What decided where a request went is in its record: `trunkline whatif` has nothing else to go by."""

from pathlib import Path

from msgspec import Raw

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from trunkline.accounts.repository import any_account
from trunkline.generations.listing import ListQuery, list_generations
from trunkline.generations.types import Asked
from trunkline.storage.database import SqlDatabase

MODEL, OTHER = "acme/rocket-1", "acme/rocket-2"
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}


async def asked_of(instance: Instance) -> Asked:
    """Of the newest record."""
    database = instance.app._database
    assert isinstance(database, SqlDatabase)
    account_id = await database.read(any_account)
    assert account_id is not None
    (newest,) = await database.read(list_generations, ListQuery(account_id=account_id, limit=1))
    assert newest.asked is not None
    return newest.asked


async def test_requirements_and_preferences_are_recorded_and_no_content(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        endpoints = [endpoint(MODEL, provider), endpoint(OTHER, provider)]
        async with Instance(tmp_path, endpoints=endpoints) as instance:
            secret = "the sentence that nobody may keep"
            preferences = {"sort": "price", "ignore": ["bolt"]}
            await instance.chat(
                MODEL,
                secret,
                models=[OTHER],
                tools=[TOOL],
                max_tokens=77,
                service_tier="default",
                provider=preferences,
            )
            asked = await asked_of(instance)
            assert asked.fallbacks == (OTHER,)
            assert isinstance(asked.provider, Raw)
            assert bytes(asked.provider) == b'{"sort":"price","ignore":["bolt"]}'
            assert {"tools", "max_tokens"} <= asked.used_parameters
            assert asked.input_modalities == {"text"}
            assert (asked.max_output_tokens, asked.service_tier) == (77, "default")
            assert asked.prompt_tokens_estimate > 0
            assert secret not in repr(asked) and "look_up" not in repr(asked)


async def test_a_list_of_providers_too_long_to_keep_is_left_out(tmp_path: Path) -> None:
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        await instance.chat(MODEL, provider={"ignore": ["x" * 200] * 50})
        assert not isinstance((await asked_of(instance)).provider, Raw)
