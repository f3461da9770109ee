"""Requests that fall due at a fixed rate, whatever the answers do; a refused one comes again."""

import asyncio
import time
from collections import deque

LINES = 40


async def burst(port, requests, rate, count):
    """Send all `count` of them, `rate` a second; seconds of each answer from its last sending.

    The requests may be made while they are sent: a signature is good for five minutes.
    """
    due, latencies = deque(), []

    async def line():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while len(latencies) < count:
            if not due:
                await asyncio.sleep(0.002)
                continue
            request = due.popleft()
            began = time.monotonic()
            writer.write(request)
            if await answered(reader) == 200:
                latencies.append(time.monotonic() - began)
            else:
                due.append(request)
        writer.close()
        await writer.wait_closed()

    async def clock():
        began = time.monotonic()
        for n, request in enumerate(requests):
            await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
            due.append(request)

    async with asyncio.timeout(60 + 2 * count / rate):
        await asyncio.gather(clock(), *(line() for _ in range(LINES)))
    return latencies


async def answered(reader):
    """The status of one answer, its body read to the end."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    [length] = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
    await reader.readexactly(length)
    return int(head[9:12])
