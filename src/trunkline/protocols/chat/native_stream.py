"""The native path of a stream: an edit of each of the upstream's chunks (inference.md 4.2).

Kept: every delta's content and the members of deltas and choices that nobody knows. Written anew: the envelope, the
order of members, reasoning, tool call fragments. Dropped: the upstream's own top-level members (padding, request ids,
timings, filter results of the prompt) and deltas that say nothing. Held back for `tail`: finish and usage.
"""

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import UsageReport
from trunkline.protocols.chat.chunk import ChoiceEnd, ChunkWriter
from trunkline.protocols.chat.reader import StreamReader
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.commit import CommitGate
from trunkline.protocols.heard import Heard
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.sse import DONE


class NativeStream:
    """An `AnswerStream` from chat to chat (or to text completions: the writer decides)."""

    def __init__(self, reader: StreamReader, writer: ChunkWriter, docs_base: str) -> None:
        self.facts = reader.facts
        self._reader = reader
        self._writer = writer
        self._docs_base = docs_base
        self._gate = CommitGate(reader.facts)
        self._reasoned: set[int] = set()
        self._fingerprint_known = False
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        text = self._reader.feed_plain(data)
        if text is not None and not self._ended:
            if not self._fingerprint_known and self._reader.system_fingerprint is not None:
                self._learn_fingerprint(self._reader.system_fingerprint)
            if self.facts.heard is not None:
                self.facts.heard.say(0, text)
            return self._gate.pass_chunk(self._writer.text(quoted(text)), has_content=True)
        deltas = self._reader.feed(data)
        return self._render(deltas) if deltas and not self._ended else b""

    def close(self) -> bytes:
        out = self._render(self._reader.close())
        if self.facts.fault is not None or self._ended:
            return out
        return out + self._gate.release()

    def tail(self, report: UsageReport) -> bytes:
        self._ended = True
        ends = [
            ChoiceEnd(index, choice.finish_reason, choice.native_finish_reason, index in self._reasoned)
            for index, choice in sorted(self._reader.choices.items())
        ]
        return self._writer.finish(ends, report) + DONE

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        self._ended = True
        return self._writer.error(error, self._docs_base, report) + DONE

    def _render(self, deltas: list[DeltaRead]) -> bytes:
        if not self._fingerprint_known and self._reader.system_fingerprint is not None:
            self._learn_fingerprint(self._reader.system_fingerprint)
        out = b""
        if self.facts.heard is not None:
            for delta in deltas:
                _hear(delta, self.facts.heard)
        for delta in deltas:
            if delta.is_plain_text():
                out += self._gate.pass_chunk(self._writer.text(quoted(delta.text)), has_content=True)
            elif not delta.is_empty():
                if delta.reasoning is not None:
                    self._reasoned.add(delta.choice)
                out += self._gate.pass_chunk(self._writer.delta(delta), has_content=delta.has_content())
        return out

    def _learn_fingerprint(self, fingerprint: str) -> None:
        self._writer.learn_fingerprint(fingerprint)
        self._fingerprint_known = True


def _hear(delta: DeltaRead, heard: Heard) -> None:
    """What of a delta is judged at the end of the answer."""
    if delta.text:
        heard.say(delta.choice, delta.text)
    if delta.refusal:
        heard.refuse()
    for call in delta.calls:
        heard.call(delta.choice, call.ordinal, call.name, call.arguments)
