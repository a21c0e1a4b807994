"""Chaos with stream recovery on: one text for each request, said by whoever is asked, broken off again and again.

Three endpoints of each model fail in half of their attempts as in `test_chaos.py`, mostly by breaking in mid-stream.
What the client reads must be one text, whoever said which part of it. `TRUNKLINE_CHAOS_RECOVERY=5000` sends more.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.chaos import GoingOn
from tests.instance import Instance
from tests.integration.test_chaos import WAYS, Outcome, all_records, endpoints_of
from tests.speakers.chat import ChatSpeaker
from tests.speakers.messages import MessagesSpeaker
from tests.ways import Case
from trunkline.app import Application
from trunkline.generations.types import Generation
from trunkline.settings import Recovery, Routing
from trunkline.storage.database import SqlDatabase

COUNT = int(os.environ.get("TRUNKLINE_CHAOS_RECOVERY", "240"))
CLIENTS = 12
MODELS = {
    "acme/alike": (ChatSpeaker(), ChatSpeaker(), ChatSpeaker()),
    "acme/mixed": (ChatSpeaker(), MessagesSpeaker(), ChatSpeaker()),
}

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120 + COUNT // 5)]


@dataclass
class Aftermath:
    outcomes: list[Outcome]
    records: dict[str, Generation]
    by_model: dict[str, list[GoingOn]]
    spent_nanousd: int
    differences: list[object]
    left_open: tuple[int, int, int]


def entries_of(by_model: dict[str, list[GoingOn]]) -> list[dict[str, Any]]:
    """Chat upstreams that go on by a quirk, and a Claude that does so as its family does."""
    entries: list[dict[str, Any]] = endpoints_of({model: [*each] for model, each in by_model.items()})
    return [
        {**entry, "quirks": ["prefill"]}
        if entry["protocol"] == "openai-chat"
        else {**entry, "upstream_model": "claude-3-5-haiku-20241022"}
        for entry in entries
    ]


async def ask(instance: Instance, number: int, dice: random.Random) -> Outcome:
    way, model = dice.choice(WAYS), dice.choice(list(MODELS))
    case = Case(f"Say something to #{number}#.", max_tokens=200, stream=True)
    began_s = asyncio.get_running_loop().time()
    response = await instance.client.post(way.path, json=way.body(model, case))
    told = way.read(response.text, stream=True)
    elapsed_s = asyncio.get_running_loop().time() - began_s
    return Outcome(number, model, way.name, response.headers["x-generation-id"], told, elapsed_s)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def aftermath(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Aftermath]:
    dice = random.Random(7)
    by_model = {
        model: [GoingOn(f"{model.split('/')[1]}-{n}", speaker, dice) for n, speaker in enumerate(speakers)]
        for model, speakers in MODELS.items()
    }
    numbers = iter(range(COUNT))
    async with AsyncExitStack() as stack:
        for one in [one for each in by_model.values() for one in each]:
            await stack.enter_async_context(one.provider)
        home: Path = tmp_path_factory.mktemp("chaos")
        routing = Routing(read_timeout_seconds=20, total_timeout_seconds=60)
        recovery = Recovery(enabled=True, continuations_max=5)
        instance = Instance(home, endpoints=entries_of(by_model), routing=routing, recovery=recovery)
        async with instance:

            async def client(seed: int) -> list[Outcome]:
                own = random.Random(seed)
                return [await ask(instance, number, own) for number in numbers]

            answered = await asyncio.gather(*(client(which) for which in range(CLIENTS)))
            database, app = instance.app._database, instance.app
            assert isinstance(database, SqlDatabase)
            await database.barrier()
            left_open = await let_go_of(app)
            yield Aftermath(
                [outcome for each in answered for outcome in each],
                await database.read(all_records),
                by_model,
                round(await instance.usage() * 1e9),
                await instance.audit(),
                left_open,
            )


async def let_go_of(app: Application) -> tuple[int, int, int]:
    """Open holds, flights and busy connections, once there are none, or after a while."""
    left_open = -1, -1, -1
    for _ in range(200):
        assert app._recorder is not None
        transport = app._transport.stats()
        left_open = app._shared.open_holds(), len(app._recorder), transport.open - transport.idle
        if left_open == (0, 0, 0):
            break
        await asyncio.sleep(0.05)  # a client may read its end a moment before the gateway has let go of everything
    return left_open


def mended(aftermath: Aftermath) -> list[Outcome]:
    """Answers that several attempts had a part in."""
    return [
        outcome
        for outcome in aftermath.outcomes
        if outcome.is_answer
        and sum(a.tokens_prompt is not None for a in aftermath.records[outcome.generation_id].provider_responses) > 1
    ]


async def test_the_chaos_was_one_and_much_of_it_was_mended(aftermath: Aftermath) -> None:
    everybody = [one for each in aftermath.by_model.values() for one in each]
    fates = Counter(fate for one in everybody for done in one.fates.values() for fate in done)
    broken = [outcome for outcome in aftermath.outcomes if not outcome.is_answer and outcome.told.text]
    print(f"{COUNT} streams, {len(mended(aftermath))} mended, {len(broken)} broken for good: {fates.most_common()}")
    assert fates["break mid-stream"] > COUNT / 4
    assert len(mended(aftermath)) > COUNT / 6
    assert {outcome.way for outcome in mended(aftermath)} == {way.name for way in WAYS}


async def test_every_answer_is_one_text_whoever_said_which_part(aftermath: Aftermath) -> None:
    for outcome in aftermath.outcomes:
        whole = GoingOn.text_of(outcome.number)
        if outcome.is_answer:
            assert (outcome.told.text, outcome.told.ended) == (whole, True), outcome
        else:
            assert whole.startswith(outcome.told.text), outcome


async def test_a_break_is_told_only_when_everybody_was_asked(aftermath: Aftermath) -> None:
    for outcome in aftermath.outcomes:
        if not outcome.is_answer:
            tried = {
                (a.endpoint_id or "").rpartition("|")[2]
                for a in aftermath.records[outcome.generation_id].provider_responses
            }
            assert tried == {one.name for one in aftermath.by_model[outcome.model]}, outcome


async def test_records_ledger_and_clients_agree_to_the_nano_dollar(aftermath: Aftermath) -> None:
    for outcome in aftermath.outcomes:
        record = aftermath.records[outcome.generation_id]
        assert record.status == ("completed" if outcome.is_answer else "failed"), outcome
        assert record.cost_nanousd == outcome.cost_nanousd, outcome
        if outcome.is_answer and record.provider_responses[-1].upstream_cost_nanousd is not None:
            assert record.provider_responses[-1].upstream_cost_nanousd == record.cost_nanousd
    assert aftermath.spent_nanousd == sum(outcome.cost_nanousd for outcome in aftermath.outcomes) > 0
    assert aftermath.differences == []


async def test_nothing_stays_open(aftermath: Aftermath) -> None:
    assert aftermath.left_open == (0, 0, 0)
