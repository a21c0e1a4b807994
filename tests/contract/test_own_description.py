"""Anything that `/openapi.json` allows, and much that it does not, sent to the real program (operating.md OP-50): no
5xx, no hang, and every answer as the description says."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.instance import KEY, MANAGEMENT_KEY
from tests.serving import Served, served

EXAMPLES = 25
"""For each operation and mode."""
MANAGED = ("/keys", "/credits")
EXTRA = {
    "TRUNKLINE_BOOTSTRAP_KEY": KEY,
    "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY": MANAGEMENT_KEY,
    "TRUNKLINE_SANDBOX__TOKENS_PER_SECOND": "1000000",
    "TRUNKLINE_SANDBOX__FIRST_TOKEN_SECONDS": "0",
    "TRUNKLINE_LIMITS__REQUESTS_PER_SECOND": "0",
    "TRUNKLINE_LIMITS__MANAGEMENT_REQUESTS_PER_MINUTE": "0",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("described"), EXTRA) as running:
        yield running
        assert running.process.poll() is None


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "forbidden"])
def test_answers_are_those_of_the_description(server: Served, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    failures: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            attack(server, operation, mode)
        except Unsatisfiable:
            assert mode == GenerationMode.NEGATIVE and not operation.body  # any text is a right one
        except FailureGroup as group:
            failures += [f"{operation.label}: {failure}" for failure in group.exceptions]
    assert not failures, "\n\n".join(failures)


def attack(server: Served, operation: APIOperation, mode: GenerationMode) -> None:
    """So many requests for one operation, with the key that it takes."""
    key = MANAGEMENT_KEY if operation.path.startswith(MANAGED) else KEY

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate(
            base_url=f"{server.url}/api/v1",
            headers={"Authorization": f"Bearer {key}"},
            timeout=10,
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ],
        )

    send()
