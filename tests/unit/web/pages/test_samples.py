import ast
import json
import re
from pathlib import Path

import pytest

from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Model
from trunkline.settings import Settings
from trunkline.web.pages.model.samples.writing import PATHS, samples

SNAPSHOT = build_snapshot(Settings(home=Path("nowhere")))
ONE_OF_EACH = {model.operation: model for model in SNAPSHOT.models.values()}


@pytest.mark.parametrize("model", ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))
def test_each_kind_of_model_has_a_sample_for_its_own_endpoint(model: Model) -> None:
    first, *others = samples(model, "http://here")
    assert f"http://here/api/v1{PATHS[model.operation]}" in first.code
    assert model.id in first.code
    if (body := re.search(r"-d '(.*)'", first.code, re.DOTALL)) is not None:
        assert json.loads(body[1])["model"] == model.id
    for sample in others:
        assert model.id in sample.code
        if sample.language == "python":
            ast.parse(sample.code)
