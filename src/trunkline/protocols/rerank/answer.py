"""Scores as clients read them: the best first, each with its document (inference.md 21)."""

from collections.abc import Sequence

from msgspec import Struct

from trunkline.core import json
from trunkline.core.money import usd_number
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.rerank.request import Document, RerankRequest


class Score(Struct, frozen=True):
    """How well the document at `index` of the request answers the query; the larger the better."""

    index: int
    relevance_score: float


class _Result(Struct, frozen=True):
    index: int
    relevance_score: float
    document: Document


class Counted(Struct, frozen=True):
    """What the upstream itself said of its use; None: it did not."""

    search_units: int | None = None
    total_tokens: int | None = None


class RerankBody:
    """An `AnswerBody`."""

    def __init__(
        self, facts: Facts, scores: Sequence[Score], counted: Counted, request: RerankRequest, identity: AnswerIdentity
    ) -> None:
        self.facts = facts
        self._scores = sorted(scores, key=lambda score: (-score.relevance_score, score.index))[: request.top_n]
        self._counted = counted
        self._documents = request.documents
        self._identity = identity

    def render(self, report: UsageReport) -> bytes:
        results = [_Result(s.index, s.relevance_score, self._documents[s.index]) for s in self._scores]
        pieces = [
            b'{"id":' + quoted(self._identity.generation_id),
            b',"model":' + quoted(self._identity.model),
            b',"provider":' + quoted(self._identity.provider),
            b',"results":' + json.encode(results),
            b',"usage":{' + self._counts() + b'"cost":' + usd_number(report.charge.total_nanousd) + b"}",
        ]
        if report.metadata:
            pieces.append(b',"openrouter_metadata":' + bytes(report.metadata))
        return b"".join(pieces) + b"}"

    def _counts(self) -> bytes:
        """Only what the provider counts in (inference.md 21)."""
        units, tokens = self._counted.search_units, self._counted.total_tokens
        told = b"" if units is None else b'"search_units":%d,' % units
        return told if tokens is None else told + b'"total_tokens":%d,' % tokens
