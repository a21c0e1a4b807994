"""Plain chunks are read by a short way (`reader.py`); it must say what the long way says."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.chat import reader
from trunkline.protocols.chat.reader import StreamReader

FIRST = b'data: {"id":"c-1","choices":[{"index":0,"delta":{"role":"assistant","content":"a"}}]}\n\n'

members = st.fixed_dictionaries(
    {},
    optional={
        "content": st.one_of(st.text(), st.none(), st.integers()),
        "role": st.sampled_from(["assistant", None, 3]),
        "reasoning": st.sampled_from(["hm", "", None]),
        "x": st.integers(),
    },
)
choices = st.fixed_dictionaries(
    {"delta": members},
    optional={
        "index": st.sampled_from([0, 1, "0", None]),
        "finish_reason": st.sampled_from([None, "stop"]),
        "logprobs": st.sampled_from([None, {"content": []}]),
        "x": st.integers(),
    },
)
chunks = st.fixed_dictionaries(
    {"choices": st.lists(choices, max_size=2)},
    optional={
        "id": st.sampled_from(["c-1", None]),
        "usage": st.sampled_from([None, {"prompt_tokens": 3, "completion_tokens": 2}]),
        "service_tier": st.sampled_from(["default", None, "", 1]),
        "system_fingerprint": st.sampled_from(["fp", None, ""]),
        "error": st.sampled_from([None, {"message": "no"}]),
        "obfuscation": st.text(max_size=3),
    },
)


def read(stream: bytes) -> object:
    """Everything that a reader says of a stream."""
    found = StreamReader(quirks=frozenset(), exclude_reasoning=False)
    deltas = found.feed(stream) + found.close()
    return (
        msgspec.json.encode(deltas),
        msgspec.json.encode(found.facts),
        found.system_fingerprint,
        {index: (choice.produced, choice.finish_reason) for index, choice in found.choices.items()},
    )


@given(st.lists(chunks, max_size=12))
def test_short_and_long_way_agree(sent: list[object]) -> None:
    stream = FIRST + b"".join(b"data: " + msgspec.json.encode(chunk) + b"\n\n" for chunk in sent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "NOT_PLAIN_MAX", -1)
        long = read(stream)
    assert read(stream) == long


def test_ordinary_text_goes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    long_way = 0
    real = reader.read_answer

    def counting(payload: bytes) -> object:
        nonlocal long_way
        long_way += 1
        return real(payload)

    monkeypatch.setattr(reader, "read_answer", counting)
    text = b'data: {"id":"c-1","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]}\n\n'
    think = b'data: {"id":"c-1","choices":[{"index":0,"delta":{"reasoning":"hm"},"finish_reason":null}]}\n\n'
    read(FIRST + text * 50 + think * 50 + text * 50)
    assert long_way == 1 + 50 + 1
