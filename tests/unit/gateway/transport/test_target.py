"""URLs: what is asked, of whom, and what is refused."""

import pytest

from trunkline.gateway.transport.target import Origin, parse_target
from trunkline.providers.upstream import UpstreamFailed


@pytest.mark.parametrize(
    ("url", "origin", "path", "host"),
    [
        ("http://localhost:9001/v1/x", Origin(False, "localhost", 9001), "/v1/x", "localhost:9001"),
        ("https://api.example.com/v1?a=b&c", Origin(True, "api.example.com", 443), "/v1?a=b&c", "api.example.com"),
        ("https://api.example.com:443/", Origin(True, "api.example.com", 443), "/", "api.example.com"),
        ("http://[::1]:80", Origin(False, "::1", 80), "/", "[::1]"),
        ("http://h/models/a:stream?alt=sse", Origin(False, "h", 80), "/models/a:stream?alt=sse", "h"),
    ],
)
def test_a_url_says_whom_to_ask_for_what(url: str, origin: Origin, path: str, host: str) -> None:
    target = parse_target(url)
    assert (target.origin, target.path, target.host_header) == (origin, path, host)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/",
        "/v1",
        "http://",
        "http://h:port/",
        "http://h:99999/",
        "http://user:secret@h/",
        "http://h/a b",
        "http://h/\r\nx-injected: 1",
        "http://h/\x7f",
        "http://hé/",
        "http://[::1/",
    ],
)
def test_a_url_that_cannot_be_asked_is_refused_without_its_text(url: str) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        parse_target(url)
    assert caught.value.kind == "protocol"
    assert "secret" not in str(caught.value)


def test_connections_through_a_proxy_are_not_shared_with_direct_ones() -> None:
    assert parse_target("http://h/").origin != parse_target("http://h/", "http://proxy:3128").origin
