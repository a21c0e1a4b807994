"""What a dead predecessor left behind, at the next start (operating.md OP-42)."""

from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from trunkline.storage.flights import FlightRecorder


async def test_flight_that_nobody_can_read_does_not_keep_the_gateway_from_starting(tmp_path: Path) -> None:
    dead = FlightRecorder(tmp_path)
    dead.begin(b"\x00" * 40)
    dead.begin(b"\x98\x01")
    dead.close()
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)]) as instance,
    ):
        await instance.chat("acme/rocket")
        assert len(list((tmp_path / "flights").iterdir())) == 1
