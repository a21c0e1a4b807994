"""`python -m bench.recovery`: what stream recovery gains in virtual time, and what it costs for each chunk.

Answers are lognormal around 300 tokens at 60 a second; streams break at a constant rate, whoever serves. A client
without recovery that wants the whole answer asks again from the beginning; so does one whose answer was not mended.
"""

import argparse
import random
import time

from msgspec import Struct

from trunkline.protocols.answers import AnswerIdentity, AnswerStream
from trunkline.protocols.chat.answers import AnswerOptions, encode_stream, open_stream
from trunkline.protocols.chat.decoder import ChatDecoder
from trunkline.protocols.continuation import ContinuableDecoder, ContinuableStream

MEDIAN_TOKENS, SPREAD, TOKENS_PER_SECOND = 300, 0.8, 60.0
FIRST_TOKEN_S, PROMPT_TOKENS = 0.6, 1_000
PROMPT_USD, OUTPUT_USD = 1.0, 4.0
"""Of a million tokens."""
BREAKS = (0.005, 0.02, 0.05)
"""Share of the answers of median length that break."""
CONTINUATIONS = (0, 1, 2, 5)
_CHUNK = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
    b'"choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'
)


class Seen(Struct):
    """Of many streams."""

    whole: int = 0
    waited_s: float = 0.0
    """Until those that broke at least once were whole, over what they would have taken."""
    broken: int = 0
    paid_usd: float = 0.0
    billed_usd: float = 0.0


def simulate(share: float, continuations: int, requests: int, seed: int) -> Seen:
    dice, seen = random.Random(seed), Seen()
    rate = share / MEDIAN_TOKENS
    for _ in range(requests):
        tokens = max(1, round(MEDIAN_TOKENS * dice.lognormvariate(0, SPREAD)))
        said, breaks, asked_s, is_first = 0, 0, 0.0, True
        while said < tokens:
            break_at = min(tokens, said + int(dice.expovariate(rate)) + 1)
            prompt, output = PROMPT_TOKENS + said, break_at - said
            cost = (prompt * PROMPT_USD + output * OUTPUT_USD) / 1e6
            seen.paid_usd += cost
            asked_s += FIRST_TOKEN_S + output / TOKENS_PER_SECOND
            if break_at == tokens:
                seen.billed_usd += cost
                seen.whole += is_first
                break
            breaks += 1
            said = break_at
            if breaks % (continuations + 1) == 0:
                said, is_first = 0, False  # told as a break: the client asks again
        if breaks:
            seen.broken += 1
            seen.waited_s += asked_s - FIRST_TOKEN_S - tokens / TOKENS_PER_SECOND
    return seen


def cost_of_chunk_us(make: str, chunks: int = 20_000, rounds: int = 7) -> float:
    """The least of some rounds: one stream relayed chunk by chunk, nothing but its reading and writing."""
    return min(_relay_us(make, chunks) for _ in range(rounds))


def _relay_us(make: str, chunks: int) -> float:
    answer = _open(make)
    for _ in range(10):
        answer.feed(_CHUNK)
    began = time.process_time()
    for _ in range(chunks):
        answer.feed(_CHUNK)
    return (time.process_time() - began) / chunks * 1e6


def _open(make: str) -> AnswerStream:
    identity, options = AnswerIdentity(generation_id="gen", created_s=1, model="m", provider="P"), AnswerOptions()
    if make != "recoverable":
        return open_stream("native" if make == "native" else "hub", identity, options)
    decoder = ContinuableDecoder(ChatDecoder())
    return ContinuableStream(encode_stream(decoder, identity, options), decoder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print("| streams that break | `continuations_max` | whole at once | a break costs | providers charge more by |")
    print("|--:|--:|--:|--:|--:|")
    for share in BREAKS:
        for continuations in CONTINUATIONS:
            seen = simulate(share, continuations, arguments.requests, arguments.seed)
            whole = seen.whole / arguments.requests
            waited_s = seen.waited_s / max(1, seen.broken)
            lost = seen.paid_usd / seen.billed_usd - 1
            name = "off" if continuations == 0 else str(continuations)
            print(f"| {share:.1%} | {name} | {whole:.3%} | {waited_s:.2f} s | {lost:.2%} |")
    print()
    print("| a chunk of chat | µs |")
    print("|---|--:|")
    for make in ("native", "hub", "recoverable"):
        print(f"| {make} | {cost_of_chunk_us(make):.1f} |")


if __name__ == "__main__":
    main()
