"""Heartbeats towards clients that are slow, gone or answered."""

import asyncio
from collections.abc import Callable

from trunkline.core.tasks import TaskSet
from trunkline.gateway.client import ClientStream, Message, events_form
from trunkline.protocols.sse import KEEP_ALIVE


class Client:
    """Takes what is sent while `takes` is set."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.takes = asyncio.Event()
        self.takes.set()

    async def send(self, message: Message) -> None:
        await self.takes.wait()
        self.sent.append(message)

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent if message["type"] == "http.response.body"]


def stream_to(client: Client, tasks: TaskSet, heartbeat_s: float = 0.01) -> ClientStream:
    nothing: Callable[[], None] = lambda: None  # noqa: E731
    return ClientStream(
        client.send,
        [],
        tasks,
        events_form(KEEP_ALIVE),
        commit_s=heartbeat_s,
        heartbeat_s=heartbeat_s,
        on_commit=nothing,
        on_tick=nothing,
    )


async def test_silence_is_filled_with_comments() -> None:
    client, tasks = Client(), TaskSet()
    stream = stream_to(client, tasks)
    await asyncio.sleep(0.06)
    stream.stop()
    assert len(client.bodies) > 1
    assert set(client.bodies) == {KEEP_ALIVE}


async def test_comments_do_not_pile_up_behind_a_client_that_reads_nothing() -> None:
    client, tasks = Client(), TaskSet()
    stream = stream_to(client, tasks)
    await stream.write(b"data: 1\n\n")
    client.takes.clear()
    before = client.bodies.count(KEEP_ALIVE)
    await asyncio.sleep(0.1)
    assert len(tasks) <= 1
    client.takes.set()
    await stream.finish(b"data: [DONE]\n\n")
    assert client.bodies[-1] == b"data: [DONE]\n\n"
    assert client.bodies.count(KEEP_ALIVE) - before <= 2


async def test_no_comment_follows_the_end_of_an_answer() -> None:
    client, tasks = Client(), TaskSet()
    stream = stream_to(client, tasks)
    await stream.write(b"data: 1\n\n")
    stream._tick()  # pyright: ignore[reportPrivateUsage] -- the timer fires in the same turn of the loop
    await stream.finish(b"data: [DONE]\n\n")
    await asyncio.sleep(0.05)
    assert client.sent[-1] == {"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False}


async def test_no_second_comment_begins_while_one_waits() -> None:
    client, tasks = Client(), TaskSet()
    stream = stream_to(client, tasks, heartbeat_s=10)
    stream._last_write_s -= 100  # pyright: ignore[reportPrivateUsage] -- long silence, without waiting for it
    client.takes.clear()
    for _ in range(3):
        stream._tick()  # pyright: ignore[reportPrivateUsage] -- each leaves a timer; the last one is stopped below
        stream.stop()
    assert len(tasks) == 1
    client.takes.set()
    await tasks.drain(1.0)
