"""The drills can fail: each deliberate mistake is found by the drill that is there for it."""

from contextlib import closing
from datetime import UTC, datetime

import pytest

from engine import jobs
from engine.database import Database
from tests.crash.corp import until
from tests.drills import machines, mutants
from tests.drills.failpoints import Fault
from tests.drills.stage import named, stage
from tests.drills.test_kills import IMPATIENT, POISON
from tests.forks import apart

KILLED = {
    "acknowledges_before_the_commit": Fault("accept-done", "late"),
    "posts_in_a_second_transaction": Fault("handler-committed"),
    "renders_anew_at_every_attempt": Fault("outbox-sent"),
}
"""The mistakes a kill at the right point brings to light."""
NAMES = named("变异", 4)


def found(mutant, url):
    """Whether the machine of a mistake finds it."""
    mutant(setattr)
    with machines.opened(url) as database:
        try:
            machines.run(mutants.ENGINE[mutant], database, histories=200, shrink=False)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize("mutant", mutants.ENGINE, ids=lambda mutant: mutant.__name__)
def test_a_mistake_in_the_engine_is_found_by_its_machine(tmp_path, mutant):
    assert apart(found, mutant, f"sqlite:///{tmp_path}/a.db")


def killed_once(made, fault, mutant):
    service = made.launch("all", fault, port=made.corp.port, mutant=mutant)
    with made.submitting(NAMES):
        until(lambda: made.reached and not service.alive)
        service.start(mutant=mutant)
    made.settled()
    return made.wrong()


@pytest.mark.parametrize("mutant", KILLED)
def test_a_mistake_in_the_service_leaves_the_ledger_unbalanced(tmp_path, mutant):
    with stage(tmp_path) as made:
        assert killed_once(made, KILLED[mutant], mutant)


def suspected(made, mutant):
    """A crash has left a poison message and four innocent ones; what is wrong in the end."""
    names = [*NAMES[:2], POISON, *NAMES[2:]]
    with closing(Database(made.corp.database)) as database:
        now = datetime.now(UTC)
        database.writer.run(
            lambda db: [
                jobs.add(db, "inbox", name, made.event(name), due=now, now=now, crashes=1)
                for name in names
            ]
        )
    made.names += names
    made.launch(port=made.corp.port, constants=IMPATIENT, mutant=mutant)
    with made.supervised(mutant=mutant):
        made.settled()
    return made.wrong(dead={POISON})


@pytest.mark.timeout(180)
@pytest.mark.parametrize("mutant", ["", "takes_suspects_together"])
def test_suspects_that_are_taken_together_take_innocents_along(tmp_path, mutant):
    with stage(tmp_path) as made:
        assert bool(suspected(made, mutant)) == bool(mutant)


def test_without_a_mistake_a_kill_behind_the_acknowledgement_leaves_it_balanced(tmp_path):
    """The other two points are in the short form of #3."""
    with stage(tmp_path) as made:
        assert killed_once(made, KILLED["acknowledges_before_the_commit"], "") == []
