"""Several processes that start at once on an empty database, and ones that share its file."""

import os
import subprocess
import sys

import pytest

from engine.database import Database


def start(url, *words):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("JIANLIU")}
    return subprocess.Popen(
        [sys.executable, "-m", "jianliu", *words], env={**inherited, "JIANLIU_DATABASE_URL": url},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.pg
def test_processes_that_start_at_once_migrate_once(fresh_postgres):
    url = fresh_postgres()
    processes = [start(url, "migrate") for _ in range(3)]
    ends = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], ends
    database = Database(url)
    with database.reading() as db:
        assert db.drive("SELECT count(*) FROM alembic_version").fetchone() == (1,)
        assert db.drive("SELECT count(*) FROM worker").fetchone() == (0,)
    database.close()


def test_a_second_process_on_one_file_is_told_why_it_may_not(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    second = start(f"sqlite:///{tmp_path}/jianliu.db", "dlq", "list")
    _, said = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "另一个建流进程" in said
    database.close()
