"""Requests that a description allows, or forbids, for one of its operations: generated, the same ones in every run."""

from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation

from tests.instance import KEY, MANAGEMENT_KEY

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SERVER = {
    "TRUNKLINE_BOOTSTRAP_KEY": KEY,
    "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY": MANAGEMENT_KEY,
    "TRUNKLINE_SANDBOX__TOKENS_PER_SECOND": "1000000",
    "TRUNKLINE_SANDBOX__FIRST_TOKEN_SECONDS": "0",
    "TRUNKLINE_LIMITS__REQUESTS_PER_SECOND": "0",
    "TRUNKLINE_LIMITS__MANAGEMENT_REQUESTS_PER_MINUTE": "0",
}
"""Environment of the instance that is asked: it knows both keys, answers at once, and takes as much as is sent."""
_MANAGED = ("/keys", "/credits", "/activity", "/workspaces")


def for_each_case(
    operation: APIOperation, mode: GenerationMode, count: int, meet: Callable[[schemathesis.Case], None]
) -> None:
    """`count` requests; none where nothing can be wrong with one."""

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        meet(case)

    try:
        send()
    except Unsatisfiable:
        assert mode == GenerationMode.NEGATIVE and not operation.body  # any text is a right one


def call_options(url: str, operation: APIOperation) -> dict[str, Any]:
    """Where a case is sent, with the key that its operation takes."""
    key = MANAGEMENT_KEY if operation.path.startswith(_MANAGED) else KEY
    return {"base_url": f"{url}/api/v1", "headers": {"Authorization": f"Bearer {key}"}, "timeout": 30}
