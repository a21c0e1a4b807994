"""The application's side of a request, without sockets."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from trunkline.cli.serving.answer import BODY_BYTES_WAITING_MAX, Answer
from trunkline.core.ready import DONE, Ready

START: Message = {"type": "http.response.start", "status": 200, "headers": []}


class Connection:
    """Takes what is written."""

    default_headers: Sequence[tuple[bytes, bytes]] = ()

    def __init__(self) -> None:
        self.written = b""
        self.is_writable = True
        self.room = asyncio.Event()
        self.is_paused = False
        self.answers: list[Answer] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    async def writable(self) -> None:
        await self.room.wait()

    def resume_reading(self) -> None:
        self.is_paused = False

    def pause_reading(self) -> None:
        self.is_paused = True

    def answered(self, answer: Answer) -> None:
        self.answers.append(answer)

    def close(self) -> None:
        self.is_closed = True


def answer_to(
    connection: Connection, *, method: str = "POST", version: str = "1.1", must_continue: bool = False
) -> Answer:
    scope: Scope = {"type": "http", "method": method, "http_version": version}
    loop = asyncio.get_running_loop()
    return Answer(loop, connection, connection.write, scope, keep_alive=version != "1.0", must_continue=must_continue)


async def test_an_answer_without_a_length_goes_out_in_chunks() -> None:
    connection = Connection()
    answer = answer_to(connection)
    await answer.send(START)
    await answer.send({"type": "http.response.body", "body": b"x" * 16, "more_body": True})
    await answer.send({"type": "http.response.body", "body": b"", "more_body": True})
    await answer.send({"type": "http.response.body", "body": b"end"})
    head, _, body = connection.written.partition(b"\r\n\r\n")
    assert head == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked"
    assert body == b"10\r\n" + b"x" * 16 + b"\r\n3\r\nend\r\n0\r\n\r\n"
    assert connection.answers == [answer]


async def test_a_client_of_http_1_0_gets_no_chunks_but_an_end() -> None:
    connection = Connection()
    answer = answer_to(connection, version="1.0")
    await answer.send(START)
    await answer.send({"type": "http.response.body", "body": b"one", "more_body": True})
    await answer.send({"type": "http.response.body", "body": b"two"})
    assert connection.written == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonetwo"
    assert not answer.keep_alive


async def test_an_answer_to_head_has_its_length_and_no_body() -> None:
    connection = Connection()
    answer = answer_to(connection, method="HEAD")
    await answer.send({**START, "headers": [(b"content-length", b"5")]})
    await answer.send({"type": "http.response.body", "body": b"hello"})
    assert connection.written.endswith(b"content-length: 5\r\n\r\n")
    assert answer.complete


@pytest.mark.parametrize("body", [b"longer", b"few"])
async def test_a_body_must_be_as_long_as_it_was_said(body: bytes) -> None:
    answer = answer_to(Connection())
    await answer.send({**START, "headers": [(b"content-length", b"5")]})
    with pytest.raises(RuntimeError, match="Content-Length"):
        await answer.send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize("value", [b"a\r\nx: b", b"a\nb", b"a\rb", b"a\0b"])
async def test_a_header_cannot_hold_another_line(value: bytes) -> None:
    connection = Connection()
    answer = answer_to(connection)
    with pytest.raises(RuntimeError, match="control character"):
        await answer.send({**START, "headers": [(b"x-provider-name", value)]})
    assert connection.written == b""


async def test_messages_in_the_wrong_order_are_errors() -> None:
    answer = answer_to(Connection())
    with pytest.raises(RuntimeError, match="must begin"):
        await answer.send({"type": "http.response.body", "body": b""})
    await answer.send(START)
    with pytest.raises(RuntimeError, match="in the middle"):
        await answer.send(START)
    await answer.send({"type": "http.response.body", "body": b""})
    with pytest.raises(RuntimeError, match="after the end"):
        await answer.send({"type": "http.response.body", "body": b"more"})


async def test_a_head_goes_out_with_the_first_piece_of_the_body() -> None:
    connection = Connection()
    answer = answer_to(connection)
    await answer.send(START)
    assert connection.written == b""
    await answer.send({"type": "http.response.body", "body": b"", "more_body": True})
    assert connection.written.endswith(b"transfer-encoding: chunked\r\n\r\n")


async def test_sending_needs_no_waiting_until_the_client_is_slow() -> None:
    connection = Connection()
    answer = answer_to(connection)
    assert answer.send(START) is DONE
    connection.is_writable = False
    slow = answer.send({"type": "http.response.body", "body": b"a piece", "more_body": True})
    assert b"a piece" in connection.written
    assert not isinstance(slow, Ready)
    waiting = asyncio.ensure_future(slow)
    await asyncio.sleep(0)
    assert not waiting.done()
    connection.room.set()
    await waiting


async def test_nothing_is_sent_to_a_client_that_left() -> None:
    connection = Connection()
    answer = answer_to(connection)
    answer.disconnect()
    await answer.send(START)
    assert connection.written == b""
    assert (await answer.receive())["type"] == "http.disconnect"


async def test_a_body_is_received_in_what_pieces_it_came() -> None:
    answer = answer_to(Connection())
    answer.feed(b"one ")
    answer.feed(b"two")
    assert await answer.receive() == {"type": "http.request", "body": b"one two", "more_body": True}
    later = asyncio.ensure_future(answer.receive())
    answer.feed_end()
    assert await later == {"type": "http.request", "body": b"", "more_body": False}


async def test_who_was_cancelled_while_receiving_loses_nothing() -> None:
    answer = answer_to(Connection())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await answer.receive()
    answer.feed(b"body")
    answer.feed_end()
    assert await answer.receive() == {"type": "http.request", "body": b"body", "more_body": False}


async def test_after_the_body_there_is_only_the_client_to_wait_for() -> None:
    answer = answer_to(Connection())
    answer.feed_end()
    await answer.receive()
    left = asyncio.ensure_future(answer.receive())
    await asyncio.sleep(0)
    assert not left.done()
    answer.disconnect()
    assert (await left)["type"] == "http.disconnect"


async def test_a_body_that_nobody_takes_is_not_read_on() -> None:
    connection = Connection()
    answer = answer_to(connection)
    answer.feed(b"x" * (BODY_BYTES_WAITING_MAX + 1))
    assert connection.is_paused
    await answer.receive()
    waiting = asyncio.ensure_future(answer.receive())
    await asyncio.sleep(0)
    assert not connection.is_paused
    waiting.cancel()


async def test_a_client_that_asks_first_is_told_to_continue_once() -> None:
    connection = Connection()
    answer = answer_to(connection, must_continue=True)
    answer.feed_end()
    await answer.receive()
    assert connection.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    await answer.send(START)
    assert connection.written.count(b"100 Continue") == 1


async def test_a_defect_of_the_application_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("a secret")

    connection = Connection()
    answer = answer_to(connection)
    await answer.run(broken)
    assert connection.written.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"secret" not in connection.written
    assert not answer.keep_alive


async def test_a_defect_in_the_middle_of_an_answer_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def forgetful(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)

    connection = Connection()
    await answer_to(connection).run(forgetful)
    assert connection.is_closed
