import pytest
from hypothesis import given
from hypothesis.strategies import binary, lists, sampled_from, tuples

from trunkline.api.attribution import app_origin, known_categories, read_headers

NAMES = [b"http-referer", b"referer", b"x-title", b"x-openrouter-title", b"x-openrouter-categories", b"content-length"]


def test_record_gets_referer_title_categories_and_agent() -> None:
    caller = read_headers(
        [
            (b"user-agent", b"agent/1"),
            (b"http-referer", b"https://www.Example.com:8443/a?b"),
            (b"x-title", b"old"),
            (b"x-openrouter-title", "Ünï".encode()),
            (b"x-openrouter-categories", b"CLI-agent, nonsense ,roleplay, game"),
            (b"x-session-id", b"s"),
        ]
    ).caller
    assert caller.user_agent == "agent/1"
    assert caller.http_referer == "https://www.Example.com:8443/a?b"
    assert caller.app_title == "Ünï"
    assert caller.app_categories == ("cli-agent", "roleplay")
    assert caller.origin == "example.com:8443"
    assert caller.session_id == "s"


def test_referer_is_the_fallback_and_the_trunkline_title_an_alias() -> None:
    caller = read_headers([(b"referer", b"https://a.example"), (b"x-trunkline-title", b"T"), (b"x-title", b"U")]).caller
    assert (caller.http_referer, caller.app_title) == ("https://a.example", "T")


@pytest.mark.parametrize(
    ("referer", "title", "origin"),
    [
        ("https://app.example/one", None, "app.example"),
        ("https://app.example/two?x=1", None, "app.example"),
        ("app.example", None, "app.example"),
        ("http://localhost:3000/", None, ""),
        ("http://localhost:3000/", "My app", "localhost:3000#My app"),
        ("http://[::1]:3000/", None, ""),
        ("http://[broken", None, ""),
        ("https://host:99999999", None, ""),
        ("about:blank", None, ""),
        ("https://" + "a" * 256, None, ""),
        ("http://localhost", "T" * 500, "localhost#" + "T" * 245),
    ],
)
def test_an_app_is_its_origin_and_loopback_needs_a_title(referer: str, title: str | None, origin: str) -> None:
    assert app_origin(referer, title) == origin


def test_only_the_first_two_known_categories_are_kept() -> None:
    assert known_categories(b"nope,legal,legal,game,roleplay") == ("legal", "game")
    assert known_categories(b"," * 10_000) == ()


def test_credentials_and_length_are_read() -> None:
    headers = read_headers([(b"authorization", b"Bearer a"), (b"x-api-key", b"b"), (b"content-length", b"12")])
    assert (headers.authorization, headers.x_api_key, headers.content_length) == (b"Bearer a", b"b", 12)


@given(lists(tuples(sampled_from(NAMES), binary(max_size=200))))
def test_no_header_value_is_an_error(headers: list[tuple[bytes, bytes]]) -> None:
    caller = read_headers(headers).caller
    assert "\x00" not in caller.origin + (caller.app_title or "") + (caller.http_referer or "")


def test_beta_flags_are_a_comma_list_of_plain_words() -> None:
    caller = read_headers([(b"x-anthropic-beta", b"a-2025-05-14, b ,,a-2025-05-14,\r\nevil: x")]).caller
    assert caller.anthropic_betas == ("a-2025-05-14", "b")


def test_beta_flags_may_come_under_either_name_and_join() -> None:
    caller = read_headers([(b"anthropic-beta", b"native-1, both"), (b"x-anthropic-beta", b"ours-1,both")]).caller
    assert caller.anthropic_betas == ("ours-1", "both", "native-1")
