"""The schema and the models never drift apart, and every step goes both ways."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

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
