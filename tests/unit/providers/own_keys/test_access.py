"""The gateway calls no address of a caller's choice (operating.md OP-51): what keys may name, and what they may not."""

from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from trunkline.catalog.snapshot import build_snapshot
from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.providers.own_keys.access import OwnAccess, own_access
from trunkline.settings import ProviderSettings, Settings

SETTINGS = Settings(home=Path("unused"))
PROVIDERS = build_snapshot(SETTINGS).providers


def deployed(url: str, given: ProviderSettings | None = None) -> OwnAccess:
    entry = {"model_slug": "openai/gpt-5-nano", "endpoint_url": url, "api_key": "k", "model_id": "mini"}
    access = own_access(
        PROVIDERS["azure"], json.encode([entry]).decode(), given, SETTINGS, {}, FakeClock(), lambda endpoint: True
    )
    assert access is not None
    return access


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/openai/deployments/mini/chat/completions",
        "http://acme.openai.azure.com/openai/deployments/mini/chat/completions",
        "https://azure.com.evil.example/chat/completions",
        "https://127.0.0.1/chat/completions",
        "https://acme.openai.azure.com@evil.example/chat/completions",
        "file:///etc/passwd",
    ],
)
def test_a_deployment_s_address_must_be_azure_s(url: str) -> None:
    with pytest.raises(InvalidRequest, match="https address of Azure"):
        deployed(url)


def test_an_address_that_the_operator_set_is_as_good() -> None:
    operators = ProviderSettings(base_url="http://10.0.0.7:8000/azure")
    access = deployed("http://10.0.0.7:8000/azure/deployments/mini/chat/completions?api-version=1", operators)
    (one,) = access.deployed.values()
    assert one.base_url == "http://10.0.0.7:8000/azure/deployments/mini?api-version=1"


@pytest.mark.parametrize(
    ("tail", "protocol"), [("chat/completions", "azure-openai"), ("responses", "openai-responses"), ("other", "")]
)
def test_the_end_of_an_address_says_what_is_spoken_there(tail: str, protocol: str) -> None:
    (one,) = deployed(f"https://acme.openai.azure.com/openai/{tail}").deployed.values()
    assert one.protocol == protocol
