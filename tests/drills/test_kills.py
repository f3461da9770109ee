"""Processes that are killed, stopped or hang while people write (#1, #2, #4, #14, #15)."""

import signal
import time
from itertools import takewhile

import pytest

from tests.crash.corp import until
from tests.drills.seed import LONG, SLOWER, chance, forms
from tests.drills.stage import named, slowest, stage

POISON = "毒药客户"
IMPATIENT = {} if LONG else {"bot.inbox.CRASHES": 2}
"""In the short form a message has two lives instead of four."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", forms(3, 60))
def test_01_one_process_killed_again_and_again_loses_and_doubles_nothing(tmp_path, seconds):
    """kill -9 every second or two under 25 events a second; the file stays one process's."""
    random, back = chance("01"), []
    with stage(tmp_path) as made:
        service = made.launch(port=made.corp.port)
        made.ready()
        with made.submitting(named("连杀", 25 * seconds), rate=25) as submitting:
            for _ in takewhile(lambda _: not submitting.done(), range(seconds)):
                time.sleep(random.uniform(0.8, 2.0))
                service.kill()
                killed, taken = time.monotonic(), len(made.names)
                service.start()
                until(lambda taken=taken: len(made.names) > taken or submitting.done())
                back.append(time.monotonic() - killed)
        made.settled()
        assert made.wrong() == []
        assert max(back) < 3 * SLOWER, "from the kill to the first acknowledgement"
        assert slowest(made.latencies) < 1 * SLOWER


@pytest.mark.pg
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", forms(3, 60))
def test_02_any_of_four_processes_killed_again_and_again(tmp_path, fresh_postgres, seconds):
    """Two web and two worker processes on PostgreSQL, one killed every half to one and a half s."""
    random = chance("02")
    with stage(tmp_path, fresh_postgres()) as made:
        for role in ("web", "web", "worker", "worker"):
            made.launch(role)
        made.ready()
        with made.submitting(named("四杀", 20 * seconds), rate=20) as submitting:
            for _ in takewhile(lambda _: not submitting.done(), range(seconds)):
                time.sleep(random.uniform(0.5, 1.5))
                victim = random.choice(made.processes)
                victim.kill()
                victim.start()
        made.settled()
        assert made.wrong() == []


@pytest.mark.pg
def test_04_a_worker_stopped_beyond_its_lease_changes_nothing_when_it_wakes(
    tmp_path, fresh_postgres
):
    """The platform took its message and answers late; another worker sends the same bytes."""
    with stage(tmp_path, fresh_postgres()) as made:
        made.launch("web")
        zombie = made.launch("worker")
        made.wire.trouble = lambda _: "hang" if len(made.wire.sent) == 1 else None
        made.ready()
        made.submit_all(["停住客户1号"], lines=1)
        until(lambda: made.wire.sent)
        zombie.signal(signal.SIGSTOP)
        heir = made.launch("worker")
        made.settled()
        assert len({sent.body for sent in made.wire.sent}) == 1 < len(made.wire.sent)
        end = made.ask("SELECT token, state, done_at, crashes FROM job WHERE lane LIKE 'outbox%'")
        assert [(token, crashes) for token, _, _, crashes in end] == [(2, 1)]
        zombie.signal(signal.SIGCONT)
        until(lambda: "delivery.failed" in (tmp_path / "service.log").read_text())
        time.sleep(0.5)  # its own call has ended, and what it makes of it is refused
        assert zombie.alive
        assert heir.alive
        assert end == made.ask(
            "SELECT token, state, done_at, crashes FROM job WHERE lane LIKE 'outbox%'"
        )
        assert made.wrong() == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("innocents", forms(30, 1000))
def test_14_a_message_that_kills_the_process_takes_nobody_along(tmp_path, innocents):
    """It is dead after its last crash; whoever came with it is done meanwhile."""
    names = [*named("无辜", innocents), POISON]
    with stage(tmp_path) as made:
        made.launch(port=made.corp.port, constants=IMPATIENT)
        made.ready()
        with made.supervised():
            made.submit_all(chance("14").sample(names, len(names)))
            made.settled()
        twice = made.ask("SELECT key FROM job WHERE lane = 'inbox' AND crashes > 1")
        assert len(twice) == 1, "whoever came with it is a suspect once"
        assert made.wrong(dead={POISON}) == []


@pytest.mark.timeout(900)
def test_15_a_handler_that_never_ends_is_cut_off_by_the_watchdog(tmp_path):
    """The process ends itself, comes back, and in the end gives the message up."""
    quick = {**IMPATIENT, "bot.watchdog.DEAD_SECONDS": 6, "bot.watchdog.TICK": 0.2}
    with stage(tmp_path) as made:
        service = made.launch(port=made.corp.port, constants=quick)
        made.ready()
        with made.submitting(["挂起客户"], lines=1):
            until(lambda: not service.alive)
            assert service.running.exitcode == 70
            service.start()
            with made.supervised():
                made.submit_all(named("旁人", 10), lines=2)
        with made.supervised():
            until(lambda: made.count("opportunity") == 10)
            made.settled()
        assert made.wrong(dead={"挂起客户"}) == []
