"""An orderly stop: what is in flight is finished, and the supervisor sees a clean end."""

import httpx
import pytest

from tests.crash.corp import Process, until
from tests.crash.test_kill import corp

__all__ = ["corp"]


@pytest.mark.timeout(60)
def test_a_service_told_to_stop_ends_in_order(corp):
    process = Process(corp.folder)
    until(lambda: answers(corp))
    assert process.stop() == 0
    assert "Traceback" not in (corp.folder / "service.log").read_text()


def answers(corp):
    try:
        return httpx.get(f"http://127.0.0.1:{corp.port}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False
