"""A generation to and from what storage keeps of it."""

import msgspec

from trunkline.generations.types import Generation
from trunkline.storage.interface import GenerationRow

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Generation)


def to_row(generation: Generation) -> GenerationRow:
    """The row to settle: the columns that are queried, and the whole record as JSON."""
    return GenerationRow(
        id=generation.id,
        account_id=generation.account_id,
        key_hash=generation.key_hash,
        created_at_ms=generation.created_at_ms,
        finished_at_ms=generation.finished_at_ms,
        status=generation.status,
        model=generation.model,
        endpoint_id=generation.endpoint_id,
        cost_nanousd=generation.cost_nanousd,
        upstream_cost_nanousd=generation.upstream_cost_nanousd,
        charged=generation.charged,
        is_byok=generation.is_byok,
        credential_id=generation.credential_id,
        tokens_prompt=generation.tokens_prompt,
        tokens_completion=generation.tokens_completion,
        record=_encoder.encode(generation).decode(),
    )


def from_record(record: str) -> Generation:
    """The generation of a stored record. Fields that it lacks, being older, take their defaults.

    Raises msgspec.ValidationError when the text is no generation.
    """
    return _decoder.decode(record)
