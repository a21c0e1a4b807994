"""What may be stored as a provider's key, and what a refusal says (accounts-and-governance.md BY-12 to BY-16)."""

from pathlib import Path

import pytest

from trunkline.catalog.snapshot import build_snapshot
from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.providers.own_keys.formats import AwsAccess, AzureKeys, GoogleAccount, PlainKey, key_label, parse_key
from trunkline.settings import Settings

PROVIDERS = build_snapshot(Settings(home=Path("unused"))).providers
ACCOUNT = {
    "project_id": "acme",
    "private_key": "-----BEGIN",
    "client_email": "a@acme",
    "private_key_id": "0123456789abcd",
}


def written(value: object) -> str:
    return json.encode(value).decode()


def test_plain_keys_are_kept_as_they_are_and_masked() -> None:
    key = parse_key(PROVIDERS["openai"], "  sk-proj-0123456789AbCd\n")
    assert key == PlainKey("sk-proj-0123456789AbCd")
    assert key_label(key) == "sk-...AbCd"
    assert key_label(PlainKey("tiny-secret")) == "..."


def test_an_address_s_own_parts_may_come_along() -> None:
    key = parse_key(PROVIDERS["cloudflare"], written({"api_key": "cf-key", "account_id": "0a1b"}))
    assert key == PlainKey("cf-key", {"account_id": "0a1b"})


def test_clouds_have_their_own_forms() -> None:
    azure = parse_key(PROVIDERS["azure"], written({"api_key": "k-0123456789abcd", "resource_name": "acme"}))
    assert isinstance(azure, AzureKeys)
    assert (azure.resources[0].resource_type, key_label(azure)) == ("openai", "k-0...abcd")
    access = parse_key(
        PROVIDERS["amazon-bedrock"],
        written({"accessKeyId": "AKIA0123456789", "secretAccessKey": "s", "region": "eu-west-1"}),
    )
    assert access == AwsAccess("AKIA0123456789", "s", "eu-west-1")
    assert key_label(access) == "AKI...6789"
    google = parse_key(PROVIDERS["google-vertex"], written({**ACCOUNT, "region": "us", "bucket": "gs://batches"}))
    assert isinstance(google, GoogleAccount)
    assert (google.project, google.region, google.bucket) == ("acme", "us", "gs://batches")
    assert "region" not in google.info


@pytest.mark.parametrize(
    ("provider", "text", "complaint"),
    [
        ("openai", " ", "is empty"),
        ("openai", "sk with spaces", "printable ASCII"),
        ("openai", "sk-\r\nx-admin: 1", "printable ASCII"),
        ("openai", "sk-é", "printable ASCII"),
        ("openai", '{"api_key": "k", "account_id": "x"}', "`account_id` is no part of a key"),
        ("cloudflare", '{"account_id": "x"}', "needs `api_key`"),
        ("cloudflare", '{"api_key": "k", "account_id": "../../other"}', "`account_id` must be"),
        ("databricks", '{"api_key": "k", "host": "169.254.169.254"}', "`host` is no part of a key"),
        ("azure", "plain", "JSON array of entries"),
        ("azure", "[]", "1 to 100 entries"),
        ("azure", '[{"resource_name": "acme"}]', "missing required field `api_key`"),
        ("azure", '[{"api_key": "k", "resource_name": "acme.evil/"}]', "`resource_name` must be"),
        ("azure", '[{"api_key": "k", "model_slug": "m"}]', "missing required field `endpoint_url`"),
        ("amazon-bedrock", '{"accessKeyId": "A", "region": "eu"}', "missing required field `secretAccessKey`"),
        ("amazon-bedrock", '{"apiKey": "A", "region": "x.example/"}', "`region` must be"),
        ("google-vertex", "ya29.token", "key file"),
        ("google-vertex", '{"project_id": "p"}', "missing required field `private_key`"),
        ("google-vertex", written({**ACCOUNT, "bucket": "gs://b/path"}), "without a path"),
        ("google-vertex", "{broken", "begins as JSON"),
    ],
)
def test_malformed_keys_are_refused_with_what_is_wrong_and_without_the_key(
    provider: str, text: str, complaint: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_key(PROVIDERS[provider], text)
    assert refused.value.http_status == 400
    assert "`key`" in refused.value.message
    assert complaint in refused.value.message
