"""Anything that `/openapi.json` allows, and much that it does not, sent to the real program (operating.md OP-50): no
5xx, no hang, and every answer as the description says."""

from collections.abc import Iterator

import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.properties import MODES, SERVER, call_options, for_each_case
from tests.serving import Served, served

EXAMPLES = 25
"""For each operation and mode."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("described"), SERVER) as running:
        yield running
        assert running.process.poll() is None


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mode", MODES, ids=["allowed", "forbidden"])
def test_answers_are_those_of_the_description(server: Served, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    failures: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        options = call_options(server.url, operation)
        try:
            for_each_case(
                operation,
                mode,
                EXAMPLES,
                lambda case, options=options: case.call_and_validate(**options, checks=CHECKS) and None,
            )
        except FailureGroup as group:
            failures += [f"{operation.label}: {failure}" for failure in group.exceptions]
    assert not failures, "\n\n".join(failures)
