"""The waterfall of one request: what became of each attempt."""

from msgspec.structs import replace

from tests.records import a_generation
from trunkline.generations.types import ProviderResponse
from trunkline.web.pages.account.logs import view_of


def attempt(name: str, status: int | None, *, outpaced: bool = False) -> ProviderResponse:
    return ProviderResponse(
        provider_name=name, status=status, endpoint_id=name, model_permaslug="m", latency=5, outpaced=outpaced
    )


def test_an_outpaced_attempt_is_called_so_and_is_no_failure() -> None:
    tried = attempt("Late", None, outpaced=True), attempt("Dead", None), attempt("Quick", 200)
    steps = view_of(replace(a_generation(), provider_responses=tried), None).steps
    assert [(step.name, step.outcome, step.is_good) for step in steps][:3] == [
        ("Late", "outpaced", True),
        ("Dead", "no answer", False),
        ("Quick", "200", True),
    ]
