"""Address and headers of a request to a provider."""

import pytest

from tests.unit.providers.test_environment import provider
from tests.unit.routing.worlds import endpoint
from trunkline.catalog.types import Auth
from trunkline.providers.adapter import complete_headers, upstream_request
from trunkline.providers.types import ProviderRuntime


def runtime(auth: Auth | None = None, key: str | None = "k1", **fields: object) -> ProviderRuntime:
    auth = auth or Auth()
    facts: dict[str, object] = {
        "provider": provider(auth=auth),
        "source": "environment",
        "base_url": "https://acme.example/v1",
        "api_key": key,
        "headers": complete_headers(auth, key, {}),
        "connect_timeout_s": 1.0,
        "read_timeout_s": 2.0,
        "total_timeout_s": 3.0,
        "cancels_billing": False,
    }
    return ProviderRuntime(**(facts | fields))


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (Auth(), ("authorization", "Bearer k1")),
        (Auth(scheme="header", header="x-api-key"), ("x-api-key", "k1")),
        (Auth(scheme="token", prefix="Token"), ("authorization", "Token k1")),
        (Auth(scheme="token"), ("authorization", "Token k1")),
        (Auth(scheme="aws-sigv4", alternative="bearer"), ("authorization", "Bearer k1")),
    ],
)
def test_each_scheme_sends_the_key_its_way(auth: Auth, header: tuple[str, str]) -> None:
    assert header in complete_headers(auth, "k1", {})


def test_constant_headers_are_sent_and_the_operators_win() -> None:
    auth = Auth(scheme="header", header="x-api-key", extra_headers={"Acme-Version": "1"})
    headers = dict(complete_headers(auth, "k1", {"acme-version": "2", "X-Team": "a"}))
    assert (headers["acme-version"], headers["x-team"], headers["content-type"]) == ("2", "a", "application/json")


def test_without_a_key_nothing_is_sent_for_it() -> None:
    assert "authorization" not in dict(complete_headers(Auth(), None, {}))


def test_the_request_goes_to_the_path_under_the_base_address() -> None:
    request = upstream_request(runtime(), endpoint("acme"), "chat/completions", b"{}", True, protocol="openai-chat")
    assert (request.method, request.url, request.body) == ("POST", "https://acme.example/v1/chat/completions", b"{}")
    assert ("accept", "text/event-stream") in request.headers
    assert (request.connect_timeout_s, request.read_timeout_s) == (1.0, 2.0)


def test_a_whole_answer_may_be_silent_for_half_of_the_time_that_all_attempts_have() -> None:
    patient = runtime(total_timeout_s=30.0)
    request = upstream_request(patient, endpoint("acme"), "chat/completions", b"{}", False, protocol="openai-chat")
    assert request.read_timeout_s == 15.0


def test_an_endpoints_own_address_and_key_replace_the_providers() -> None:
    from msgspec.structs import replace

    own = replace(endpoint("acme"), base_url="http://127.0.0.1:9002/v1", api_key="own")
    request = upstream_request(runtime(), own, "completions", b"{}", False, protocol="openai-chat")
    assert request.url == "http://127.0.0.1:9002/v1/completions"
    assert [value for name, value in request.headers if name == "authorization"] == ["Bearer own"]
    assert ("accept", "application/json") in request.headers


def test_no_secret_is_in_the_printed_form() -> None:
    assert "k1" not in repr(
        upstream_request(runtime(), endpoint("acme"), "completions", b"{}", False, protocol="openai-chat")
    )


def test_a_protocol_with_an_address_of_its_own_is_spoken_there() -> None:
    elsewhere = runtime(base_urls={"anthropic-messages": "https://acme.test/anthropic/v1"})
    sent = upstream_request(elsewhere, endpoint("acme"), "messages", b"{}", False, protocol="anthropic-messages")
    assert sent.url == "https://acme.test/anthropic/v1/messages"
    sent = upstream_request(elsewhere, endpoint("acme"), "chat/completions", b"{}", False, protocol="openai-chat")
    assert sent.url.startswith(elsewhere.base_url)


def test_the_query_of_a_base_address_stays_at_the_end() -> None:
    dated = runtime(base_url="https://acme.test/openai/deployments/rocket?api-version=2024-10-21")
    sent = upstream_request(dated, endpoint("acme"), "chat/completions", b"{}", False, protocol="azure-openai")
    assert sent.url == "https://acme.test/openai/deployments/rocket/chat/completions?api-version=2024-10-21"
