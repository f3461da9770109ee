"""D12, D13, D35: whatever is asked of our own addresses, none breaks and none tells too much.

The product documents no API, so the schema is made here, from the routes as they are.
"""

from __future__ import annotations

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

TELLING = ("Traceback", "sqlalchemy", "site-packages", "bot/web", "SELECT ")


PLAIN = (
    ("/wecom/callback", "get", ("msg_signature", "timestamp", "nonce", "echostr")),
    ("/wecom/callback", "post", ("msg_signature", "timestamp", "nonce", "echostr")),
    ("/h5/form/{form}", "get", ()),
    ("/h5/form/{form}", "post", ("ticket", "name.id", "name")),
    ("/h5/form/{form}/options", "get", ("field", "typed")),
    ("/h5/login/{form}", "get", ("code", "state")),
)
"""Addresses that take words as they come, and the names of those words."""
WORD = {"type": "string"}


def plain(path, method, asked):
    """What may be asked of such an address."""
    told = {"responses": {"200": {"description": ""}}}
    told["parameters"] = [
        {"in": "path", "name": name, "required": True, "schema": WORD}
        for name in ("form",) if f"{{{name}}}" in path
    ]  # fmt: skip
    if method == "post" and path.startswith("/h5"):
        form = {"schema": {"type": "object", "properties": dict.fromkeys(asked, WORD)}}
        kinds = ("application/x-www-form-urlencoded", "multipart/form-data")
        told["requestBody"] = {"content": dict.fromkeys(kinds, form)}
    else:
        told["parameters"] += [{"in": "query", "name": name, "schema": WORD} for name in asked]
    return told


def every(app: FastAPI):
    """Every route, those of included routers, too."""
    for route in app.routes:
        yield from getattr(getattr(route, "original_router", None), "routes", (route,))


def routes(app: FastAPI):
    """Every route with typed parameters, with those that are left out of schemas."""
    return [route for route in every(app) if isinstance(route, APIRoute)]


@pytest.fixture
def api(office):
    app = office.demo.service.asgi._app
    shown = routes(app)
    kept = [(route, route.include_in_schema) for route in shown]
    for route in shown:
        route.include_in_schema = True
    schema = get_openapi(title="jianliu", version="0", routes=shown)
    for route, before in kept:
        route.include_in_schema = before
    for path, method, asked in PLAIN:
        schema["paths"].setdefault(path, {})[method] = plain(path, method, asked)
    assert {"/healthz", "/readyz", "/metrics"} <= set(schema["paths"])
    paths = {route.path for route in every(app) if route.path.startswith("/h5/form")}
    assert paths <= set(schema["paths"])
    return schemathesis.openapi.from_dict(schema)


def test_d35_no_request_whatsoever_breaks_a_route(office, api):
    seen = set()
    for result in api.get_all_operations():
        operation = result.ok()

        @settings(max_examples=40, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def ask(case):
            answer = case.call(base_url=office.address)
            case.validate_response(answer, checks=[not_a_server_error])
            assert answer.status_code != 500
            assert not [word for word in TELLING if word in answer.text]
            assert "server" not in answer.headers

        ask()
        seen.add((operation.method, operation.path))
    assert len(seen) >= 8
    assert office.http.get("/healthz").json()["alive"] is True
