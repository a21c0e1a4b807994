"""Every error that a program can branch on is explained where `docs_url` leads."""

from pathlib import Path
from typing import get_args

import pytest

from trunkline.core.errors import AvailabilityCode, ErrorType

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "errors.md").read_text()
NEVER_SENT_YET = {"refusal", "image_download_failed", "precondition_failed", "unmapped"}
"""In the vocabulary, but no code path of this version answers with them."""


@pytest.mark.parametrize("error_type", sorted(set(get_args(ErrorType)) - NEVER_SENT_YET))
def test_error_type_is_explained(error_type: str) -> None:
    assert f"`{error_type}`" in PAGE


@pytest.mark.parametrize("code", get_args(AvailabilityCode))
def test_availability_code_has_a_paragraph_of_its_own(code: str) -> None:
    assert f"\n### {code}\n" in PAGE
