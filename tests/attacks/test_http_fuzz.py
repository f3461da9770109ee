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


def routes(app: FastAPI):
    """Every route of FastAPI, with those that are left out of schemas."""
    found = [route for route in app.routes if isinstance(route, APIRoute)]
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        found += [one for one in getattr(inner, "routes", ()) if isinstance(one, APIRoute)]
    return found


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
    schema["paths"]["/wecom/callback"] = {
        method: {"responses": {"200": {"description": ""}},
                 "parameters": [{"in": "query", "name": name, "schema": {"type": "string"}}
                                for name in ("msg_signature", "timestamp", "nonce", "echostr")]}
        for method in ("get", "post")
    }  # fmt: skip
    assert {"/healthz", "/readyz", "/metrics", "/h5/form/{form}"} <= set(schema["paths"])
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
