"""Sound found in what upstreams send, however it is cut and whatever it is."""

import itertools
import struct
from base64 import b64encode
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols import sse
from trunkline.protocols.speech.dashscope import DashScopeSound
from trunkline.protocols.speech.gemini import GeminiSound
from trunkline.protocols.speech.minimax import MiniMaxSound
from trunkline.protocols.speech.mistral import MistralSound
from trunkline.protocols.speech.readers import PlainSound, SoundReader
from trunkline.protocols.speech.samples import Samples

READERS: dict[str, Callable[[], SoundReader]] = {
    "plain": PlainSound,
    "minimax": MiniMaxSound,
    "mistral": lambda: MistralSound(Samples()),
    "dashscope": DashScopeSound,
    "gemini": GeminiSound,
}
WRONG_TYPES: tuple[object, ...] = (
    {"data": {"audio": 5, "status": "x"}},
    {"data": {"audio": "zz", "status": 1}},
    {"type": [], "audio_data": {}},
    {"audio_data": "!"},
    {"output": {"audio": {"data": "!"}}},
    {"output": []},
    {"candidates": [{"content": {"parts": [{"inlineData": {"data": "!"}}]}}]},
    {"candidates": {}},
    {"promptFeedback": {"blockReason": "SAFETY"}},
    [],
    None,
)


def read(reader: SoundReader, pieces: list[bytes]) -> bytes:
    return b"".join([reader.feed(piece) for piece in pieces]) + reader.close()


@pytest.mark.parametrize("name", READERS)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_whatever_comes_nothing_is_raised(name: str, pieces: list[bytes]) -> None:
    read(READERS[name](), pieces)


@pytest.mark.parametrize("name", READERS)
@given(st.lists(st.sampled_from(WRONG_TYPES), max_size=4))
def test_events_of_wrong_types_are_read_over_or_a_fault(name: str, told: list[object]) -> None:
    reader = READERS[name]()
    read(reader, [sse.event(msgspec.json.encode(one)) for one in told])


@given(st.binary(max_size=64), st.lists(st.integers(0, 400), max_size=5))
def test_any_split_of_the_bytes_is_the_same_sound(sound: bytes, cuts: list[int]) -> None:
    half = len(sound) // 2
    told: list[object] = [
        {"output": {"audio": {"data": b64encode(piece).decode()}, "finish_reason": None}}
        for piece in (sound[:half], sound[half:])
    ]
    told.append({"output": {"finish_reason": "stop"}})
    stream = b"".join([sse.event(msgspec.json.encode(one)) for one in told])
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    pieces = [stream[start:end] for start, end in itertools.pairwise(edges)]
    reader = DashScopeSound()
    assert read(reader, pieces) == sound
    assert reader.fault is None


@given(st.lists(st.floats(width=32), max_size=20), st.integers(1, 9))
def test_samples_become_16_bits_whatever_they_are_and_however_they_are_cut(samples: list[float], step: int) -> None:
    raw = struct.pack(f"<{len(samples)}f", *samples)
    converter = Samples()
    found = b"".join([converter.take(raw[at : at + step]) for at in range(0, len(raw), step)])
    heard = struct.unpack(f"<{len(samples)}h", found)
    for sample, value in zip(samples, heard, strict=True):
        assert abs(value) <= 32_767
        if -1 <= sample <= 1:
            assert value == round(sample * 32_767)


def test_nothing_counts_after_the_end_or_after_a_fault() -> None:
    ended = sse.event(b'{"data":{"status":2}}') + sse.event(b'{"data":{"audio":"00","status":1}}')
    reader = MiniMaxSound()
    assert read(reader, [ended]) == b"" and reader.fault is None
    broken = sse.event(b'{"data":{"audio":"xx","status":1}}') + sse.event(b'{"data":{"audio":"00","status":1}}')
    reader = MiniMaxSound()
    assert read(reader, [broken]) == b"" and reader.fault is not None
