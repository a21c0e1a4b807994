import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.configuration.positions import key_positions

EXAMPLE = '''\
# [not.a.table]
[server]
host = "a # no comment"   # a comment
"quoted key" = 1

[providers.openai]
headers = { "X-A" = "1", b = [1, { c = 2 }] }
api_keys = [
  { key = "one" },   # ]
  { key = """
two = 2
""", weight = 2 },
]

[[endpoints]]
model = 'acme/[x]'
pricing.prompt = "0"
[endpoints.limits]
rpm = 1
[[endpoints]]
model = "b"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("server",), 2),
        (("server", "host"), 3),
        (("server", "quoted key"), 4),
        (("providers", "openai"), 6),
        (("providers", "openai", "headers", "X-A"), 7),
        (("providers", "openai", "headers", "b", 1, "c"), 7),
        (("providers", "openai", "api_keys"), 8),
        (("providers", "openai", "api_keys", 0, "key"), 9),
        (("providers", "openai", "api_keys", 1, "key"), 10),
        (("providers", "openai", "api_keys", 1, "weight"), 12),
        (("endpoints",), 15),
        (("endpoints", 0), 15),
        (("endpoints", 0, "model"), 16),
        (("endpoints", 0, "pricing", "prompt"), 17),
        (("endpoints", 0, "limits", "rpm"), 19),
        (("endpoints", 1), 20),
        (("endpoints", 1, "model"), 21),
    ],
)
def test_every_key_has_the_line_on_which_it_stands(path: tuple[str | int, ...], line: int) -> None:
    assert key_positions(EXAMPLE)[path] == line


def test_what_looks_like_a_key_inside_a_string_or_comment_is_none() -> None:
    found = key_positions(EXAMPLE)
    assert ("not", "a", "table") not in found
    assert not any("two" in path for path in found)


@given(st.text(alphabet="ab.=[]{}\"'#\n ,1\\", max_size=60))
def test_every_text_that_is_valid_toml_is_scanned_to_its_end(text: str) -> None:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert {path[0] for path in key_positions(text)} == set(parsed)
