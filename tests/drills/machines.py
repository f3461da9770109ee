"""Running a state machine: so many histories on one database, the same ones for one seed."""

from contextlib import contextmanager
from copy import copy

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event

from engine.audit_guard import unguard
from engine.database import Database
from tests.drills.seed import SEED
from tests.ready import upgrade


@contextmanager
def opened(url):
    """A migrated database that does not wait for the disk: no history here loses power.

    Its trail can be emptied, because every history begins with an empty one.
    """
    database = Database(url)
    if database.embedded:
        event.listen(
            database.engine, "connect", lambda dbapi, _: dbapi.execute("PRAGMA synchronous=OFF")
        )
    upgrade(database)
    with database.engine.begin() as connection:
        for statement in unguard(connection.dialect.name):
            connection.exec_driver_sql(statement)
    try:
        yield database
    finally:
        database.close()


def commit(database, *works):
    """Units of work in one commit, done here and now by the writer's own code; their futures.

    Its thread would do the same; but handing every step over and back takes most of the time.
    """
    writer = copy(database.writer)
    writer._queue = Caught()
    futures = [writer.submit(work) for work in works]
    writer._commit(writer._queue)
    return futures


class Caught(list):
    """A queue no thread reads."""

    put = list.append


class Torn:
    """A database that is gone at the moment of the commit: nothing happened."""

    def __init__(self, engine):
        self.engine = engine

    @contextmanager
    def begin(self):
        with self.engine.connect() as connection:
            begun = connection.begin()
            try:
                yield connection
            finally:
                begun.rollback()
            raise ConnectionError


@contextmanager
def torn(database):
    """Commits fail as long as the block lasts."""
    database.writer._engine = Torn(database.engine)
    try:
        yield
    finally:
        database.writer._engine = database.engine


def run(machine, database, *, histories, steps=40, shrink=True):
    """Play `histories` of at most `steps` steps; the first broken promise is raised."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    played = type(machine.__name__, (machine,), {"database": database})
    run_state_machine_as_test(
        seed(SEED)(played),
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            derandomize=False,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
