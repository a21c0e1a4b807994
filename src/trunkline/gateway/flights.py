"""Requests in the air, as the flight recorder keeps them, and what becomes of those that a crash cut off (OP-42)."""

import msgspec
import structlog
from msgspec import Struct

from trunkline.gateway.exchange import Exchange
from trunkline.generations import service as generations
from trunkline.generations.types import Generation
from trunkline.storage.interface import Database

TEXT_MAX = 96
"""Longer names are cut, so that a flight always fits its slot."""


class Flight(Struct, frozen=True, array_like=True):
    """What must be known of a request if the process dies before it is settled."""

    generation_id: str
    request_id: str
    account_id: str
    workspace_id: str | None
    key_hash: str
    model: str
    created_ms: int
    streamed: bool


_log = structlog.get_logger("trunkline.flights")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Flight)


def encode_flight(exchange: Exchange) -> bytes:
    """The slot's payload."""
    return _encoder.encode(
        Flight(
            exchange.generation_id,
            exchange.request_id,
            exchange.principal.account_id,
            exchange.principal.workspace_id,
            exchange.principal.key.hash,
            exchange.requested_model[:TEXT_MAX],
            exchange.received_ms,
            exchange.request.stream,
        )
    )


async def write_interrupted(database: Database, payloads: list[bytes], now_ms: int) -> int:
    """Record the flights of dead processes as interrupted generations without cost. Returns how many there were.

    A flight whose generation was settled before the crash changes nothing: settling is idempotent by its id. One that
    cannot be read, after a loss of power or of another version, is logged and left out.
    """
    flights = [flight for payload in payloads if (flight := _read(payload)) is not None]
    for flight in flights:
        await database.settle(
            generations.to_row(
                Generation(
                    id=flight.generation_id,
                    request_id=flight.request_id,
                    account_id=flight.account_id,
                    workspace_id=flight.workspace_id,
                    key_hash=flight.key_hash,
                    created_at_ms=flight.created_ms,
                    finished_at_ms=now_ms,
                    status="interrupted",
                    model=flight.model,
                    requested_model=flight.model,
                    endpoint_id=None,
                    provider_name=None,
                    streamed=flight.streamed,
                    finish_reason="error",
                    error_type="server",
                    error_code=500,
                )
            )
        )
    return len(flights)


def _read(payload: bytes) -> Flight | None:
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        _log.warning("a request that a crash interrupted cannot be read", size=len(payload))
        return None
