"""What every HTTP connection is held to, before any route is asked (attacks D10, D11, D33).

uvicorn has no limit of its own: it takes a body of any size and waits for ever for the rest of
a request. This protocol counts what arrives. A request that came whole in one piece, as every
callback does, costs it two comparisons and no timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.web import rejections

HEAD_BYTES = 32 << 10
"""The request line and all headers together; a callback's take less than 1 KiB."""
MOST_HEADERS = 100
BODY_BYTES = 1 << 20
"""The largest body any route wants; the platforms' callbacks stay far below."""
WRAPPED = 2
"""A chunked body may arrive as so many times its bytes; more is chunk extensions, or nothing."""
SECONDS = 10.0
"""From a connection, or from the first byte of a request, until that request is whole."""
PLATFORM = "http"


class TooMuch(Exception):
    """A request beyond the limits; `status` is the answer."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Guarded(HttpToolsProtocol):
    """uvicorn's protocol with a limit on head, body and time; what exceeds it is closed.

    `larger` are the paths that take more than `BODY_BYTES`, and how much.
    """

    larger: ClassVar[Mapping[str, int]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._whole = False
        """Nothing of a request is missing: the last one was complete, or is being answered."""
        self._in_head = True
        self._head = 0
        self._body = 0
        self._arrived = 0
        self._excess: TooMuch | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Whoever connects has something to say."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrived, as long as it may be part of a request."""
        self._unset_keepalive_if_required()
        if self._in_head:
            self._head += len(data)
        self._arrived += len(data)
        try:
            self.parser.feed_data(data)
            self._check_size()
        except httptools.HttpParserUpgrade:
            self._rest()
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except (httptools.HttpParserError, TooMuch) as problem:
            excess = problem if isinstance(problem, TooMuch) else self._excess
            self._refuse(HTTPStatus.BAD_REQUEST if excess is None else excess.status)
        else:
            if not self._whole and self._deadline is None:
                self._expect()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._whole = False
        self._body = self._arrived = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes behind a chunked body is no header of ours."""
        if not self._in_head:
            self._exceed(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is here; what it announces may be refused at once."""
        head, self._head = self._head, 0
        if len(self.headers) > MOST_HEADERS or (head > HEAD_BYTES and self._size() > HEAD_BYTES):
            self._exceed(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        for name, value in self.headers:
            if name == b"content-length" and int(value) > BODY_BYTES and int(value) > self._room:
                self._exceed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body, announced or chunked."""
        self._body += len(body)
        if self._body > BODY_BYTES and self._body > self._room:
            self._exceed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole; the next one may begin in the same breath."""
        self._in_head = self._whole = True
        if self._deadline is not None:
            self._rest()
        super().on_message_complete()

    @property
    def _room(self) -> int:
        path = self.url.partition(b"?")[0].decode("ascii", "replace")
        return self.larger.get(path, BODY_BYTES)

    def _check_size(self) -> None:
        if self._in_head and self._head > HEAD_BYTES:
            raise TooMuch(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self._arrived > BODY_BYTES and self._arrived > HEAD_BYTES + WRAPPED * self._room:
            raise TooMuch(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def _size(self) -> int:
        """Bytes of the present head, without what came behind it in the same segment."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _exceed(self, status: HTTPStatus) -> None:
        """Stop the parser, which wraps whatever its callbacks raise."""
        self._excess = TooMuch(status)
        raise self._excess

    def _expect(self) -> None:
        """Close the connection unless a whole request is here in time."""
        self._deadline = self.loop.call_later(SECONDS, self._late)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        self._deadline = None
        if self._in_head and not self._head:  # an idle connection: nobody waits for an answer
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Say so, unless the answer to this request has begun, and hang up."""
        rejections.tell(PLATFORM, status.phrase.lower().replace(" ", "_"), PLATFORM)
        self._rest()
        if self.transport.is_closing():
            return
        cycle = self.cycle  # of this request once its head is here, before of the last one
        if cycle is None or (
            cycle.response_complete if self._in_head else not cycle.response_started
        ):
            words = status.phrase.encode()
            self.transport.write(
                b"HTTP/1.1 %d %b\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n"
                b"connection: close\r\n\r\n%b" % (status, words, len(words), words)
            )
        if cycle is not None:  # whoever still works on it speaks to nobody
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()


def roomy(larger: Mapping[str, int]) -> type[Guarded]:
    """The protocol of a server some of whose paths take larger bodies."""
    return type("Roomy", (Guarded,), {"larger": larger})
