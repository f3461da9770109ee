"""#30: ten times the load for a while: everybody is answered, and everything arrives in order."""

import asyncio

import pytest

from bot.bench.company import SENDERS, App
from bot.bench.messages import Supply
from bot.bench.names import company
from tests.drills.burst import burst
from tests.drills.seed import SLOWER, forms
from tests.drills.stage import slowest, stage

RATE = 250
DRAINED = 30
"""A second at least, of the forty calls that WeCom is sent."""

AT_ONCE = 10 * RATE
"""Requests signed together: it takes a tenth of a second."""


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seconds", forms(1, 300))
def test_30_ten_times_the_load_is_answered_in_time_and_drains(tmp_path, monkeypatch, seconds):
    monkeypatch.setattr("tests.crash.corp.REPS", list(SENDERS))
    with stage(tmp_path) as made:
        service = made.launch(port=made.corp.port)
        made.ready()
        app = made.corp.settings.wecom
        secrets = (app.token.get_secret_value(), app.aes_key.get_secret_value())
        supply = Supply(App(*secrets, app.corp_id, app.agent_id))
        numbers, count = set(), RATE * seconds

        def requests():
            for start in range(0, count, AT_ONCE):
                batch = supply.batch(min(AT_ONCE, count - start))
                numbers.update(batch.numbers)
                yield from batch.requests

        latencies = asyncio.run(burst(service.port, requests(), RATE, count))
        made.names += {company(number) for number in numbers}
        made.settled(60 + count / DRAINED)
        assert slowest(latencies) < 1 * SLOWER
        assert made.wrong() == []
