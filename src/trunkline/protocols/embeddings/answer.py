"""Vectors as clients read them (inference.md 20)."""

import struct
from base64 import b64encode

from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.money import usd_number
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.embeddings.request import EncodingFormat
from trunkline.protocols.lenient_json import quoted


class EmbeddingsBody:
    """An `AnswerBody`. `vectors` are in the order of the inputs."""

    def __init__(
        self,
        facts: Facts,
        vectors: list[tuple[float, ...]],
        identity: AnswerIdentity,
        encoding_format: EncodingFormat,
    ) -> None:
        self.facts = facts
        self._vectors = vectors
        self._identity = identity
        self._encoding_format: EncodingFormat = encoding_format

    def render(self, report: UsageReport) -> bytes:
        data = b",".join(
            b'{"object":"embedding","index":%d,"embedding":%s}' % (index, self._vector(vector))
            for index, vector in enumerate(self._vectors)
        )
        pieces = [
            b'{"object":"list","data":[' + data,
            b'],"model":' + quoted(self._identity.model),
            b',"usage":' + usage_json(report),
            b',"provider":' + quoted(self._identity.provider),
            b',"id":' + quoted(self._identity.generation_id),
        ]
        if report.metadata:
            pieces.append(b',"openrouter_metadata":' + bytes(report.metadata))
        return b"".join(pieces) + b"}"

    def _vector(self, vector: tuple[float, ...]) -> bytes:
        """Base64 is little-endian float32, whatever the upstream sent."""
        if self._encoding_format == "float":
            return json.encode(vector)
        return b'"' + b64encode(struct.pack(f"<{len(vector)}f", *vector)) + b'"'


class NoAnswer(Struct):
    """An `AnswerBody` of an upstream whose body is no answer: only its fault counts."""

    facts: Facts

    def render(self, report: UsageReport) -> bytes:
        raise AssertionError("what is no answer is not rendered")


def usage_json(report: UsageReport) -> Raw:
    """As recorded of the original: tokens, cost, and the cost's parts."""
    usage, charge = report.usage, report.charge
    return Raw(
        b'{"prompt_tokens":%d,"total_tokens":%d,"cost":%b,"is_byok":%b,"cost_details":{"upstream_inference_cost":%b,'
        b'"upstream_inference_prompt_cost":%b,"upstream_inference_completions_cost":%b}}'
        % (
            usage.prompt_tokens,
            usage.prompt_tokens + usage.completion_tokens,
            usd_number(charge.total_nanousd),
            b"true" if charge.is_byok else b"false",
            usd_number(charge.upstream_nanousd),
            usd_number(charge.upstream_prompt_nanousd),
            usd_number(charge.upstream_completion_nanousd),
        )
    )
