"""The published table of fidelity is what the recordings come to."""

import pytest

from tests.protocols.fidelity.table import PAGE, formats, measure, page
from tests.recorded import requires_recorded
from trunkline.gateway.upstreams import PROTOCOLS

pytestmark = requires_recorded


@pytest.mark.timeout(300)
def test_the_published_table_is_current_and_nothing_in_it_fails() -> None:
    measured = {form.name: measure(form) for form in formats()}
    assert {name: one.failures for name, one in measured.items() if one.failures} == {}
    assert PAGE.read_text(encoding="utf-8") == page(measured)


def test_every_format_that_is_spoken_is_measured() -> None:
    spoken_as_chat = {"mistral", "vertex-openai"} | {name for name in PROTOCOLS if name.startswith("azure")}
    assert PROTOCOLS - spoken_as_chat <= {form.name for form in formats()}
