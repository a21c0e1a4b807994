"""The published table of operations is what is measured, and no operation falls back."""

import re

import pytest

from tests.contract.published import KNOWN_DIFFERENCES, unexplained
from tests.contract.table import PAGE, Findings, committed_states, measure, page, states
from tests.reference import requires_reference

pytestmark = [requires_reference, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def found() -> Findings:
    return measure()


def test_what_conformed_still_does(found: Findings) -> None:
    now = states(found)
    conformed = [name for name, state in committed_states().items() if state == "conforming"]
    assert {name: found.get(name, ["absent"]) for name in conformed if now[name] != "conforming"} == {}


def test_every_difference_has_its_reason(found: Findings) -> None:
    assert {name: left for name, wrong in found.items() if (left := unexplained(name, wrong))} == {}


def test_every_reason_has_its_difference(found: Findings) -> None:
    for name, known in KNOWN_DIFFERENCES.items():
        for one in known:
            assert any(re.search(one.pattern, wrong) for wrong in found[name]), (name, one)


def test_the_written_table_is_the_current_one(found: Findings) -> None:
    """Else: `python -m tests.contract.table`."""
    assert PAGE.read_text(encoding="utf-8") == page(found)
