"""The load generator: every request answered with 200 is measured, anything else is a failure."""

import asyncio
import itertools

import pytest

from bot.bench.load import LoadFailed, closed, paced

REQUEST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\nhi"


def against(answer, run):
    """Run a load against a server whose answers `answer(count)` makes, in pieces."""

    async def serve(reader, writer):
        try:
            while await reader.readexactly(len(REQUEST)):
                for piece in await answer(next(numbers)):
                    writer.write(piece)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def main():
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            return await run(server.sockets[0].getsockname()[1])

    numbers = itertools.count(1)
    return asyncio.run(main())


async def fine(_):
    return [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Le",
        b"ngth: 3\r\n\r\ny",
        b"es",
    ]


def test_all_requests_are_sent_and_counted_whatever_pieces_the_answers_come_in():
    def load(port):
        return closed(port, iter([REQUEST] * 50), lines=4, seconds=30)

    done = against(fine, load)
    assert done.sent == 50
    assert 0 < done.quantile(0.5) <= done.quantile(0.99)


def test_one_answer_that_is_not_200_fails_the_run():
    async def once_busy(count):
        return [b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"] if count == 9 else await fine(0)

    with pytest.raises(LoadFailed, match="503"):
        against(once_busy, lambda port: closed(port, iter([REQUEST] * 50), lines=4, seconds=30))


def test_a_connection_that_is_cut_fails_the_run():
    async def cut(_):
        raise ConnectionError

    with pytest.raises(LoadFailed, match="断"):
        against(cut, lambda port: closed(port, iter([REQUEST]), lines=1, seconds=30))


def test_a_server_that_stalls_is_charged_for_everything_that_fell_due_meanwhile():
    stall = 0.3

    async def stalls_once(count):
        await asyncio.sleep(stall if count == 1 else 0)
        return await fine(0)

    def load(port):
        return paced(port, itertools.repeat(REQUEST), lines=1, seconds=0.1, rate=100)

    done = against(stalls_once, load)
    assert done.sent == 10
    assert done.quantile(0) >= (stall - 0.1) * 1000  # even the last one waited for the first
