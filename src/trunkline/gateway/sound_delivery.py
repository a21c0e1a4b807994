"""Sound passed on as it comes (inference.md 23): a stream without events, so without a place for errors or signs of
life."""

from typing import ClassVar

from trunkline.core.errors import TrunklineError
from trunkline.gateway.client import Form
from trunkline.gateway.delivery import StreamDelivery, break_off
from trunkline.gateway.exchange import Exchange
from trunkline.protocols.answers import AnswerStream
from trunkline.protocols.faults.types import Classified
from trunkline.providers.types import ProviderRuntime


def sound_form(media_type: str) -> Form:
    """Raw bytes: nothing goes out before the first of them."""
    headers = ((b"content-type", media_type.encode("ascii")), (b"cache-control", b"no-cache"))
    return Form((*headers, (b"x-accel-buffering", b"no")), b"")


class SoundDelivery(StreamDelivery):
    """Once sound went out, it is paid, and a failure breaks the connection off."""

    __slots__ = ()
    is_raw: ClassVar[bool] = True

    async def _break_off(
        self, exchange: Exchange, runtime: ProviderRuntime, answer: AnswerStream, classified: Classified
    ) -> None:
        """Billed in full (inference.md 13.4), and told by a connection that ends too early. Raises TrunklineError."""
        error = break_off(exchange, runtime, classified)
        bill = self._settlement.bill(exchange)
        await self._settle(exchange, "cancelled" if exchange.client_gone else "failed", bill)
        raise error

    async def refuse(self, exchange: Exchange, error: TrunklineError) -> bool:
        """A JSON error while nothing went out; after that the API lets the connection break."""
        return False
