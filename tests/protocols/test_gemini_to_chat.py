"""Recorded Gemini answers as a chat client gets them: shapes that strict clients insist on, whole equals folded."""

import json
from typing import Any

from tests import shapes
from tests.protocols.chat_reader import read
from tests.protocols.gemini_reader import read_sent
from tests.protocols.gemini_recordings import PROTOCOL, answers, target_of
from tests.recorded import requires_recorded
from tests.reports import REPORT
from trunkline.protocols.answers import AnswerIdentity, Facts
from trunkline.protocols.chat.answers import AnswerOptions, encode_body, encode_stream

pytestmark = requires_recorded

IDENTITY = AnswerIdentity(
    generation_id="gen-1790000000-aB3dE5fG7hI9jK1lM3nO", created_s=1790000000, model="google/some", provider="Google"
)


def relay(exchange: dict[str, Any]) -> tuple[Facts, bytes]:
    data, target = exchange["response"]["body"].encode(), target_of(exchange)
    if not exchange["stream"]:
        decoded = PROTOCOL.decode_body(data, target, exclude_reasoning=False)
        return decoded.facts, encode_body(decoded, IDENTITY, AnswerOptions()).render(REPORT)
    stream = encode_stream(PROTOCOL.open_stream(target, exclude_reasoning=False), IDENTITY, AnswerOptions())
    out = stream.feed(data) + stream.close()
    return stream.facts, out + stream.tail(REPORT)


def test_recorded_answers_reach_chat_clients_in_shape_and_whole() -> None:
    count = 0
    for exchange in answers():
        facts, out = relay(exchange)
        if facts.fault is not None:
            continue
        problems = shapes.chat_stream(out) if exchange["stream"] else shapes.chat_body(json.loads(out))
        assert not problems, (exchange["id"], problems[:3])
        got, sent = read(out.decode(), stream=exchange["stream"]), read_sent(exchange)
        for index, candidate in sent.items():
            choice = got.choices[index]
            assert choice.text == candidate.text, exchange["id"]
            assert choice.reasoning == candidate.thoughts, exchange["id"]
            assert [(c["name"], json.loads(c["arguments"])) for c in choice.calls] == candidate.calls, exchange["id"]
            signatures = [detail.get("signature") or detail.get("data") for detail in choice.details]
            assert sorted(filter(None, signatures)) == sorted(candidate.signatures), exchange["id"]
            assert choice.native_finish == candidate.finish, exchange["id"]
            assert {a["url_citation"]["url"] for a in choice.annotations} == candidate.sources, exchange["id"]
            assert len(choice.images) == len(candidate.media), exchange["id"]
        count += 1
    assert count > 380
