"""D10, D11: what is too large or too slow is refused on every route, and nobody else notices."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest

from bot.web import guard

ROUTES = ("/wecom/callback", "/h5/form/x", "/healthz", "/metrics", "/no/such/page")
MIB = 1 << 20
PATIENCE = 10.0


@pytest.fixture
def line(office):
    """Opens raw connections to the service."""
    parts = urlsplit(office.address)
    with ExitStack() as opened:

        def connect(first: bytes = b"") -> socket.socket:
            sock = opened.enter_context(socket.create_connection((parts.hostname, parts.port)))
            sock.settimeout(PATIENCE)
            if first:
                sock.sendall(first)
            return sock

        yield connect


def said(sock):
    """Everything until the other side hangs up; the first line's status."""
    got = b""
    with suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            got += piece
    return int(got.split(b" ")[1]) if got else 0


def head(path, *more, method="POST"):
    lines = (f"{method} {path} HTTP/1.1", "Host: bot", *more)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize("path", ROUTES)
def test_d10_a_body_announced_too_large_is_refused_before_it_is_sent(line, path):
    assert said(line(head(path, f"Content-Length: {MIB + 1}"))) == 413


@pytest.mark.parametrize("path", ROUTES)
def test_d10_an_endless_chunked_body_is_cut_off_after_one_mebibyte(line, path):
    sock = line(head(path, "Transfer-Encoding: chunked"))
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    sent = 0
    with suppress(OSError):
        while sent < 64 * MIB:
            sock.sendall(piece)
            sent += 65536
    assert sent < 16 * MIB  # what the two sockets hold counts as sent
    assert said(sock) in {413, 404, 405, 200, 0}


def test_d10_a_chunked_body_just_over_the_limit_is_told_so(line):
    sock = line(head("/wecom/callback", "Transfer-Encoding: chunked"))
    sock.sendall(b"100001\r\n" + b"x" * (MIB + 1))
    assert said(sock) == 413


@pytest.mark.parametrize(
    ("first", "more"),
    [(b"0\r\n", b"X-Trailer: y\r\n" * 4000), (b"", b"1;" + b"e" * 64_000 + b"\r\nx\r\n")],
    ids=["trailers", "chunk extensions"],
)
def test_d10_what_is_wrapped_around_a_chunked_body_is_counted_too(line, first, more):
    sock = line(head("/healthz", "Transfer-Encoding: chunked") + first)
    sent = 0
    with suppress(OSError):
        while sent < 64 * MIB:
            sock.sendall(more)
            sent += len(more)
    assert sent < 16 * MIB
    assert said(sock) in {413, 431, 400, 405, 0}


def test_d10_a_trailer_never_becomes_a_header(line):
    sock = line(head("/wecom/callback", "Transfer-Encoding: chunked"))
    sock.sendall(b"1\r\nx\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")
    assert said(sock) == 431


def test_d10_a_body_of_exactly_one_mebibyte_reaches_the_route(office):
    query = {"msg_signature": "0" * 40, "timestamp": str(int(time.time())), "nonce": "1"}
    answer = office.http.post("/wecom/callback", params=query, content=b"x" * MIB)
    assert (answer.status_code, answer.text) == (400, "xml")


@pytest.mark.parametrize("path", ROUTES)
def test_d10_ten_thousand_headers_are_refused(line, path):
    many = (f"X-{n}: y" for n in range(10_000))
    sock = line()
    with suppress(OSError):
        sock.sendall(head(path, *many, method="GET"))
    assert said(sock) in {431, 0}


def test_d10_a_hundred_and_one_headers_are_too_many_and_a_long_one_is_too_long(line):
    assert said(line(head("/healthz", *(f"X-{n}: y" for n in range(101)), method="GET"))) == 431
    assert said(line(head("/healthz", f"X-Long: {'y' * 40_000}", method="GET"))) == 431
    assert said(line(head(f"/healthz?{'y' * 40_000}", method="GET"))) == 431


def test_d10_a_large_body_right_behind_a_small_head_is_no_large_head(line):
    whole = head("/no/such/page", "Content-Length: 200000", "Connection: close") + b"x" * 200_000
    assert said(line(whole)) == 404


def test_d11_half_open_requests_are_closed_and_valid_traffic_is_unaffected(
    office, line, monkeypatch
):
    monkeypatch.setattr(guard, "SECONDS", 1.0)
    unfinished = (
        b"",
        b"GET /healthz HTTP/1.1\r\nHost:",
        head("/wecom/callback", "Content-Length: 100") + b"x",
        head("/h5/form/x", "Transfer-Encoding: chunked") + b"5\r\nab",
    )
    began = time.monotonic()
    opened = [line(unfinished[n % len(unfinished)]) for n in range(300)]
    slowest = 0.0
    while time.monotonic() - began < 1.2:
        for sock in opened[1::30]:  # a byte now and then keeps nothing alive
            with suppress(OSError):
                sock.send(b"a")
        asked = time.monotonic()
        assert office.http.get("/healthz").status_code == 200
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.1)
    statuses = [said(sock) for sock in opened]
    assert slowest < PATIENCE
    assert set(statuses[::4]) == {0}  # nothing was asked, nothing is answered
    assert set(statuses[2::4]) == {408}
    assert set(statuses) <= {0, 400, 404, 408}  # 404: that page needs no body to be answered
    assert office.says("张三", "/帮助")


def test_d11_a_slow_second_request_on_a_kept_connection_is_closed_too(line, monkeypatch):
    monkeypatch.setattr(guard, "SECONDS", 0.3)
    sock = line(head("/healthz", method="GET"))
    assert sock.recv(65536).startswith(b"HTTP/1.1 200")
    sock.sendall(b"GET /healthz HTTP/1.1\r\n")
    assert said(sock) == 408


def test_d11_a_request_in_pieces_that_comes_in_time_is_answered(line):
    sock = line(b"GET /heal")
    time.sleep(0.05)
    sock.sendall(b"thz HTTP/1.1\r\nHost: bot\r\n")
    time.sleep(0.05)
    sock.sendall(b"Connection: close\r\n\r\n")
    assert said(sock) == 200


def test_d10_only_the_simulated_phones_may_send_larger_things(office):
    picture = {"person": "张三", "filename": "a.png", "content_base64": "QUJD" * 500_000}
    assert office.http.post("/sim/api/upload", json=picture).status_code != 413
    assert office.http.post("/sim/api/say", json=picture).status_code == 413
