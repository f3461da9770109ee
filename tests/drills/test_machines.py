"""The engine against models of it: thousands of histories on a virtual clock (I2, I4–I6, I11)."""

import pytest

from tests.drills import machines
from tests.drills.deadline_machine import DeadlineMachine
from tests.drills.document_machine import DocumentMachine
from tests.drills.job_machine import JobMachine
from tests.drills.lease_machine import LeaseMachine
from tests.drills.seed import LONG
from tests.drills.slot_machine import SlotMachine


@pytest.fixture
def database(database_url):
    with machines.opened(database_url) as database:
        yield database


def histories(database, few, many):
    """Less on PostgreSQL, where a step costs more; many in the long form."""
    number = many if LONG else few
    return number if database.embedded else number // 4


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "machine", [JobMachine, DeadlineMachine, SlotMachine, LeaseMachine, DocumentMachine]
)
def test_the_engine_keeps_its_promises_in_every_history(database, machine):
    machines.run(machine, database, histories=histories(database, 40, 5000))
