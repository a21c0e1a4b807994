"""However the network cuts a stream, the client gets the same."""

import random
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocols.chat_recordings import IDENTITY, Path, answers, options_for
from tests.recorded import requires_recorded
from tests.reports import REPORT
from trunkline.protocols.answers import Facts
from trunkline.protocols.chat.answers import AnswerOptions, open_stream

BOTH: tuple[Path, ...] = ("native", "hub")


def events(*chunks: str, end: str = "\n\n") -> bytes:
    return "".join(f"data: {chunk}{end}" for chunk in chunks).encode()


def choice(delta: str, finish: str = "null") -> str:
    return f'{{"id":"c1","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}'


STREAM = (
    b"\xef\xbb\xbf: hello\r\n\r\n"
    + events(
        choice('{"role":"assistant","content":""}'),
        choice('{"reasoning_content":"Hm …"}'),
        choice('{"content":"Gr\u00fc\u00dfe \U0001f600"}'),
        end="\r\n\r\n",
    )
    + b'data:{"id":"c1","choices":[{"index":0,\r\ndata: "delta":{"content":" two lines"}}]}\r\n\r\n'
    + events(
        choice('{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}'),
        choice('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"x\\": 1}"}}]}'),
        choice("{}", '"stop"'),
        '{"id":"c1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}',
        "[DONE]",
    )
)


def relay(path: Path, reads: list[bytes], options: AnswerOptions) -> tuple[Facts, bytes]:
    stream = open_stream(path, IDENTITY, options)
    out = b"".join(stream.feed(data) for data in reads) + stream.close()
    return stream.facts, out + stream.tail(REPORT)


@cache
def whole(path: Path) -> tuple[Facts, bytes]:
    return relay(path, [STREAM], AnswerOptions())


@pytest.mark.parametrize("path", BOTH)
@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_split_of_a_stream_gives_the_same_answer(path: Path, cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(STREAM)]
    reads = [STREAM[start:end] for start, end in pairwise(bounds)]
    assert relay(path, reads, AnswerOptions()) == whole(path)


@pytest.mark.parametrize("path", BOTH)
def test_a_stream_read_byte_by_byte_gives_the_same_answer(path: Path) -> None:
    assert relay(path, [bytes([byte]) for byte in STREAM], AnswerOptions()) == whole(path)
    assert whole(path)[0].finish_reason == "tool_calls"
    assert b"two lines" in whole(path)[1]


PLAIN = [
    choice('{"role":"assistant","content":""}'),
    choice('{"content":"one "}'),
    choice('{"content":"two \u00fc"}'),
    choice('{"content":"three ","role":"assistant"}'),
    '{"id":"c1","service_tier":"flex","choices":[{"index":0,"delta":{"content":"five "}}]}',
    choice('{"content":""}'),
    choice('{"content":"six ","reasoning_content":"Hm"}'),
    choice('{"content":"seven ","padding":"x"}'),
    choice('{"content":"eight "}'),
    '{"id":"c1","choices":[{"index":1,"delta":{"content":"other "}}]}',
    choice('{"content":"nine "}'),
    choice('{"content":"ten "}'),
    choice('{"content":"!"}', '"stop"'),
    '{"id":"c1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}',
]


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("end", [events("[DONE]"), b"", events('{"error":{"message":"no"}}'), events("nonsense")])
@given(joined=st.sets(st.integers(0, len(PLAIN))))
def test_chunks_that_come_one_by_one_are_read_as_those_that_come_together(
    path: Path, end: bytes, joined: set[int]
) -> None:
    reads = [b""]
    for number, chunk in enumerate(PLAIN):
        if number in joined:
            reads[-1] += events(chunk)
        else:
            reads.append(events(chunk))
    together = relay(path, [events(*PLAIN) + end], AnswerOptions())
    assert relay(path, [*reads, end], AnswerOptions()) == together
    assert together[0].output_chars == len("one two üthree five six Hmseven eight other nine ten !")


def test_a_fingerprint_that_comes_late_is_in_every_chunk_from_there_on() -> None:
    late = '{"id":"c1","system_fingerprint":"fp_late","choices":[{"index":0,"delta":{"content":"four "}}]}'
    stream = open_stream("native", IDENTITY, AnswerOptions())
    out = [stream.feed(events(chunk)) for chunk in (*PLAIN[:4], late, PLAIN[1], PLAIN[2])]
    assert [b"fp_late" in chunk for chunk in out if chunk] == [False, False, False, True, True, True]


def minted_nothing(out: bytes) -> bool:
    return b'"call_' not in out


@requires_recorded
@pytest.mark.parametrize("path", BOTH)
def test_recorded_streams_read_in_random_pieces_give_the_same_answer(path: Path) -> None:
    dice = random.Random(7)
    streams = [exchange for exchange in answers() if exchange["stream"]]
    for exchange in dice.sample(streams, 60):
        data = exchange["response"]["body"].encode()
        bounds = [0, *sorted(dice.sample(range(len(data)), min(40, len(data) - 1))), len(data)]
        reads = [data[start:end] for start, end in pairwise(bounds)]
        facts, out = relay(path, [data], options_for(exchange))
        again_facts, again = relay(path, reads, options_for(exchange))
        assert again_facts == facts, exchange["id"]
        if minted_nothing(out):
            assert again == out, exchange["id"]


@requires_recorded
@pytest.mark.parametrize("path", BOTH)
def test_short_recorded_streams_read_byte_by_byte_give_the_same_answer(path: Path) -> None:
    streams = sorted((e for e in answers() if e["stream"]), key=lambda e: len(e["response"]["body"]))
    for exchange in streams[:40]:
        data = exchange["response"]["body"].encode()
        facts, out = relay(path, [data], options_for(exchange))
        again_facts, again = relay(path, [bytes([byte]) for byte in data], options_for(exchange))
        assert again_facts == facts, exchange["id"]
        if minted_nothing(out):
            assert again == out, exchange["id"]
