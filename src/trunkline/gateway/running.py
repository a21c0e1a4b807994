"""Requests that run in this process, for whoever asks after one before its record is written (GEN-06)."""

from trunkline.gateway.exchange import Exchange

RUNNING_MAX = 32_768
"""As many as the flight recorder has slots for; those beyond run all the same, but cannot be asked after."""


class Running:
    """Exchanges by generation id."""

    __slots__ = ("_exchanges",)

    def __init__(self) -> None:
        self._exchanges: dict[str, Exchange] = {}

    def begin(self, exchange: Exchange) -> None:
        """Its first attempt begins."""
        if len(self._exchanges) < RUNNING_MAX:
            self._exchanges[exchange.generation_id] = exchange

    def end(self, exchange: Exchange) -> None:
        """Its record is written, or never will be. Idempotent."""
        self._exchanges.pop(exchange.generation_id, None)

    def all(self) -> list[Exchange]:
        """Everything that runs at this moment."""
        return list(self._exchanges.values())

    def find(self, account_id: str, generation_id: str) -> Exchange | None:
        """The account's request, once an attempt of it has ended and until its record is durable."""
        exchange = self._exchanges.get(generation_id)
        if exchange is None or exchange.durable or not exchange.attempts_ended:
            return None
        return exchange if exchange.principal.account_id == account_id else None
