"""The schema and the models never drift apart, and every step goes both ways."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, Table, inspect, text

from bot.migrate import SCRIPTS, config, revisions, upgrade
from bot.tables import TABLES, metadata
from engine.database import Database


def test_models_and_migrations_agree(database):
    with database.engine.begin() as connection:
        command.check(config(connection))


def test_down_to_nothing_and_up_again(database_url):
    database = Database(database_url)
    upgrade(database)
    with database.engine.begin() as connection:
        command.downgrade(config(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(database)
    database.close()


def test_the_newest_revision_is_known_without_alembic():
    scripts = ScriptDirectory(str(SCRIPTS))
    assert revisions() == tuple(script.revision for script in scripts.walk_revisions())


def test_every_table_is_named_in_one_place():
    assert {table.__tablename__ for table in TABLES} == set(metadata.tables)


def planted(connection, name, **known):
    """A row of a table as it is in the database now; what is not said is empty."""
    there = Table(name, MetaData(), autoload_with=connection)
    row = {
        column.name: known.get(column.name, EMPTY[type(column.type).__name__])
        for column in there.columns
        if column.name in known or not (column.nullable or column.server_default is not None)
    }
    connection.execute(there.insert().values(row))


EMPTY = {"VARCHAR": "", "TEXT": "{}", "BIGINT": 0, "INTEGER": 0, "BOOLEAN": False}


def test_a_contact_somebody_refers_to_survives_the_step_that_frees_it_of_its_customer(database_url):
    """Regression: SQLite built the table anew, away from under the leads, and refused (0013)."""
    database = Database(database_url)
    with database.engine.begin() as connection:
        command.upgrade(config(connection), "0012")
        planted(connection, "person", id="p")
        planted(connection, "customer", id="c", owner_id="p")
        planted(connection, "contact", id="k", customer_id="c")
        planted(connection, "lead", id="l", contact_id="k")
    upgrade(database, "0013")
    with database.engine.begin() as connection:
        planted(connection, "contact", id="free", company="长江精密")
        planted(connection, "lead", id="m", number="m", origin="m", contact_id="free")
        command.downgrade(config(connection), "0012")
        kept = text("SELECT contact_id FROM lead ORDER BY id")
        assert connection.execute(kept).scalars().all() == ["k", None]
        assert connection.execute(text("SELECT id FROM contact")).scalars().all() == ["k"]
    upgrade(database)
    with database.engine.begin() as connection:
        command.check(config(connection))
    database.close()


def rows(connection, query):
    return [tuple(row) for row in connection.execute(text(query))]


def test_0021_keeps_who_introduced_an_opportunity_and_its_tags_both_ways(database):
    tags = [("one", "年度框架"), ("one", "阀门"), ("three", '"a\\')]
    referrals = [("one", "old", "new"), ("three", "old", "new")]
    with database.engine.begin() as connection:
        command.downgrade(config(connection), "0020")
        planted(connection, "person", id="rep")
        for one in ("old", "new"):
            planted(connection, "customer", id=one, owner_id="rep")
        for one in ("one", "two", "three"):
            planted(connection, "opportunity", id=one, number=one, flow=one, customer_id="new",
                owner_id="rep")  # fmt: skip
        for one, introducer, customer in referrals:
            planted(connection, "referral", opportunity_id=one, introducer_id=introducer,
                customer_id=customer)  # fmt: skip
        for one, tag in reversed(tags):
            planted(connection, "opportunity_tag", opportunity_id=one, tag=tag)

        command.upgrade(config(connection), "0021")
        assert rows(connection, "SELECT id, introducer_id, tags FROM opportunity ORDER BY id") == [
            ("one", "old", '["年度框架","阀门"]'),
            ("three", "old", '["\\"a\\\\"]'),
            ("two", None, "[]"),
        ]

        command.downgrade(config(connection), "0020")
        kept = "opportunity_id, introducer_id, customer_id"
        assert rows(connection, f"SELECT {kept} FROM referral ORDER BY 1") == referrals
        kept = "SELECT opportunity_id, tag FROM opportunity_tag"
        assert sorted(rows(connection, kept)) == sorted(tags)
