"""Every operation that is served has an example that holds (contract/table.py tells of all, and of many requests more),
and `/openapi.json` asks for no more than the published description (API-07)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.contract.examples import CHAT, good_answers, refusals, streams
from tests.contract.published import OURS_ALONE, Operations, good_misfits, misfits_of, operations, unexplained
from tests.instance import MANAGEMENT_KEY, Instance
from tests.reference import document, requires_reference

pytestmark = [pytest.mark.asyncio(loop_scope="module"), requires_reference]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    home: Path = tmp_path_factory.mktemp("operations")
    async with Instance(home) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(instance: Instance) -> Operations:
    response = await instance.client.get(f"{instance.origin}/openapi.json")
    return operations(response.json())


async def test_every_served_operation_is_published_and_has_a_good_answer_that_fits(
    instance: Instance, served: Operations
) -> None:
    published = operations(document())
    answers = await good_answers(instance)
    assert served.keys() == answers.keys()
    assert served.keys() - published.keys() == OURS_ALONE
    for name in answers.keys() & published.keys():
        assert unexplained(name, good_misfits(name, answers[name])) == [], name


async def test_every_event_of_a_stream_fits(instance: Instance) -> None:
    for name, responses in (await streams(instance)).items():
        for response in responses:
            assert response.status_code == 200, (name, response.text)
            assert response.headers["content-type"].startswith("text/event-stream"), name
            assert unexplained(name, misfits_of(name, response)) == [], name


async def test_errors_fit_the_published_schemas_and_carry_their_status(instance: Instance) -> None:
    for name, responses in (await refusals(instance)).items():
        for response in responses:
            assert response.status_code >= 400, name
            assert unexplained(name, misfits_of(name, response)) == [], (name, response.text)
            assert response.json()["error"]["code"] == response.status_code
            assert response.headers["content-type"] == "application/json"
            assert response.headers["x-request-id"]


async def test_our_description_asks_for_no_more_and_names_operations_the_same(
    instance: Instance, served: Operations
) -> None:
    published, theirs = operations(document()), document()["components"]["schemas"]
    ours = (await instance.client.get(f"{instance.origin}/openapi.json")).json()["components"]["schemas"]
    for name in served.keys() & published.keys():
        assert served[name]["operationId"] == published[name]["operationId"]
        assert required_of(served[name], ours) <= required_of(published[name], theirs), name


def required_of(operation: dict[str, Any], components: dict[str, Any]) -> set[str]:
    """Names of the parameters and members of the body that a caller must send."""
    parameters = {parameter["name"] for parameter in operation.get("parameters", []) if parameter.get("required")}
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    return parameters | set(schema.get("required", ()))


async def test_management_key_opens_no_generation(instance: Instance) -> None:
    client = instance.connect(MANAGEMENT_KEY)
    assert (await client.post("/chat/completions", json=CHAT)).status_code == 403
