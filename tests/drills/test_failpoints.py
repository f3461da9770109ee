"""#3: a process dies, fails or hangs at every named point, in every lane; all converges."""

import pytest

from tests.crash.corp import until
from tests.drills.failpoints import POINTS, Fault
from tests.drills.launched import EVERY_MINUTE
from tests.drills.seed import LONG, forms
from tests.drills.stage import named, stage

NAMES = named("逐点", 5)
DUE = [(f"到期{n}", f"rep{n % 2}") for n in range(3)]
COVERING = (
    "accept-uncommitted", "handler-done", "handler-committed", "suspect-done", "outbox-sent",
    "outbox-settling", "timer-fired", "cron-done",
)  # fmt: skip
"""The short form: every lane, before and after a commit."""
RUNNING = [point for point in POINTS if POINTS[point].lane != "start"]
FAULTS = [Fault(point) for point in COVERING] + [
    Fault(point, act)
    for point in RUNNING
    for act in ("kill", "raise", "hang")
    if LONG and (act != "raise" or not POINTS[point].silent)
]
QUICK = {**EVERY_MINUTE, "bot.watchdog.DEAD_SECONDS": 8, "bot.watchdog.TICK": 0.25}


def played(made, fault):
    """A process meets its fault while people write; then one comes that meets none."""
    suspect = POINTS[fault.point].lane == "suspect"
    service = made.launch(
        "all", Fault("handler-done") if suspect else fault, port=made.corp.port, constants=QUICK
    )
    with made.submitting(NAMES):
        if suspect:
            until(lambda: made.reached and not service.alive)
            service.start(fault)
        until(lambda: fault.point in made.reached)
        if fault.act == "hang" and not service.listening:
            service.kill()  # it hangs before its watchdog watches; whoever starts it gives up
        if fault.act != "raise":
            until(lambda: not service.alive)  # a process that hangs ends itself
            service.start()
        if not made.embedded:
            made.launch("all", constants=QUICK)
    until(lambda: made.count("audit WHERE action = 'drill.fired'") == len(DUE))
    until(lambda: made.count("audit WHERE action = 'drill.ran'") >= 2)
    made.settled()
    return made.wrong(dead=refused(made) if fault.act == "raise" else ())


def refused(made):
    """The line whose handler raised: its person has an incident number, nothing else was lost."""
    rows = made.ask("SELECT payload FROM job WHERE lane = 'inbox' AND state = 3")
    assert len(rows) <= 1
    return [name for name in NAMES for (payload,) in rows if name in payload]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.point}-{fault.act}")
def test_03_whoever_dies_at_any_point_leaves_nothing_undone(tmp_path, fault):
    with stage(tmp_path, plant=False) as made:
        made.plant(deadlines_of=DUE, slots=2)
        assert played(made, fault) == []


@pytest.mark.pg
@pytest.mark.timeout(180)
@pytest.mark.parametrize("point", forms("outbox-sent", *RUNNING))
def test_03_whoever_dies_beside_others_leaves_nothing_undone(tmp_path, fresh_postgres, point):
    with stage(tmp_path, fresh_postgres(), plant=False) as made:
        made.plant(deadlines_of=DUE, slots=2)
        assert played(made, Fault(point)) == []


@pytest.mark.parametrize("nth", forms(25, 1, 10, 40, 55))
def test_03_whoever_dies_in_a_migration_leaves_the_schema_as_it_was(tmp_path, nth):
    with stage(tmp_path, plant=False) as made:
        service = made.launch("all", Fault("migrating", nth=nth), port=made.corp.port)
        until(lambda: not service.alive)
        assert made.reached == ["migrating"]
        assert made.count("sqlite_schema WHERE name = 'job'") == 0, "all of it or nothing"
        made.plant()
        service.start()
        made.submit_all(NAMES)
        made.settled()
        assert made.wrong() == []
