"""The master key from the command line: made once, never replaced unasked, changed as a whole."""

from __future__ import annotations

import re
import stat
from contextlib import closing

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect, text
from typer.testing import CliRunner

from bot import vault_key
from bot.cli import app
from bot.settings import DatabaseSettings, Settings, VaultSettings, master_key
from bot.simulator import seed
from bot.vault_key import VaultKeyError
from engine.database import Database
from engine.vault import Vault
from sales import contacts
from tests.ready import upgrade
from tests.sales.conftest import NOW

KEY, OTHER = "5a" * 32, "a5" * 32
NUMBER = "13800138000"


def settings(url, key=""):
    return Settings(
        database=DatabaseSettings(url=SecretStr(url)), vault=VaultSettings(key=SecretStr(key))
    )


def opened(url, key=""):
    with closing(Database(url)) as database:
        return vault_key.opened(settings(url, key), database)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/jianliu.db"


@pytest.fixture
def jianliu(tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", url)
    return lambda *words: CliRunner().invoke(
        app, [str(word) for word in words], catch_exceptions=False
    )


def test_the_first_start_on_sqlite_makes_a_key_only_its_owner_can_read(url, tmp_path):
    made = opened(url)
    path = tmp_path / "jianliu.db.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert master_key(path.read_text().strip()) is not None
    assert opened(url).fingerprint == made.fingerprint
    assert [file.name for file in tmp_path.glob("*.part")] == []


def test_a_lost_key_file_is_never_replaced_by_a_new_one(url, tmp_path):
    opened(url)
    path = tmp_path / "jianliu.db.key"
    path.unlink()
    with pytest.raises(VaultKeyError, match="找不到主密钥文件"):
        opened(url)
    assert not path.exists()
    path.write_text("nonsense")
    with pytest.raises(VaultKeyError, match="32 个字节"):
        opened(url)


def test_a_wrong_key_is_an_error_before_anything_is_written(database_url):
    opened(database_url, KEY)
    with closing(Database(database_url)) as database:
        database.writer.run(lambda db: db.execute(text("DELETE FROM alembic_version")))
        with pytest.raises(VaultKeyError, match="不是这个数据库的那一把"):
            vault_key.opened(settings(database_url, OTHER), database)
        with database.reading() as db:
            assert db.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 0


@pytest.mark.pg
def test_postgres_without_a_key_is_refused_in_words_and_stays_empty(empty_postgres):
    url = empty_postgres
    with closing(Database(url)) as database:
        with pytest.raises(VaultKeyError, match="jianliu vault key"):
            vault_key.opened(settings(url), database)
        assert inspect(database.engine).get_table_names() == []


def test_a_process_that_comes_second_with_another_key_is_refused(url, monkeypatch):
    monkeypatch.setattr(vault_key, "vault_on", lambda *_: Vault(bytes.fromhex(OTHER)))
    opened(url, OTHER)
    monkeypatch.setattr(vault_key, "vault_on", lambda *_: Vault(bytes.fromhex(KEY)))
    with pytest.raises(VaultKeyError, match="不是这个数据库的那一把"):
        opened(url, KEY)


def test_run_says_in_words_what_is_wrong_with_the_key(jianliu, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text(
        '[wecom]\ncorp_id="ww"\nagent_id=1\nsecret="s"\ntoken="t"\n'
        f'aes_key="{"a" * 43}"\n[vault]\nkey="{KEY}"\n'
    )
    opened(f"sqlite:///{tmp_path}/jianliu.db", OTHER)
    failed = jianliu("run", "--port", "0")
    assert failed.exit_code == 1
    assert "不是这个数据库的那一把" in failed.output
    monkeypatch.setenv("JIANLIU_VAULT__KEY", "short")
    assert "jianliu vault key" in jianliu("check").output


def test_a_printed_key_is_one_the_settings_take(jianliu):
    key = jianliu("vault", "key").stdout.strip()
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert master_key(key) == bytes.fromhex(key)
    assert jianliu("vault", "key").stdout.strip() != key


@pytest.mark.parametrize(
    "written",
    [KEY, KEY.upper(), f"{'Wlpa' * 10}Wlo=", f"{'Wlpa' * 10}Wlo"],
)
def test_a_key_may_be_written_in_hex_or_base64(written):
    assert master_key(written) == bytes.fromhex(KEY)


@pytest.mark.parametrize("written", ["", "5a", "z" * 64, "WlpaWg==", "不是密钥", "5a" * 33])
def test_what_is_no_key_is_none(written):
    assert master_key(written) is None


def test_a_rotation_changes_the_key_of_everything_and_the_old_one_opens_nothing(
    jianliu, url, tmp_path
):
    old = opened(url)
    with closing(Database(url)) as database:
        upgrade(database)

        def plant(db):
            seed.plant(db, {"wecom": "ww", "dingtalk": "d"}, NOW)
            seed.plant_contacts(db, old, NOW)

        database.writer.run(plant)
    (tmp_path / "new").write_text(jianliu("vault", "key").stdout)
    done = jianliu("vault", "rotate", "--to", "new")
    assert done.exit_code == 0, done.output
    assert "5 位联系人" in done.output
    refused = jianliu("export", "contact", NUMBER)
    assert refused.exit_code == 1
    assert "不是这个数据库的那一把" in refused.output
    (tmp_path / "new").replace(tmp_path / "jianliu.db.key")
    assert jianliu("export", "contact", NUMBER, "out.json").exit_code == 0
    assert NUMBER in (tmp_path / "out.json").read_text()
    assert stat.S_IMODE((tmp_path / "out.json").stat().st_mode) == 0o600
    assert jianliu("export", "contact", NUMBER, "out.json").exit_code == 1, "never overwritten"


def test_a_rotation_needs_a_key_and_no_running_process(jianliu, url, tmp_path):
    opened(url)
    (tmp_path / "new").write_text("nonsense")
    assert jianliu("vault", "rotate", "--to", "new").exit_code == 1
    (tmp_path / "new").write_text(KEY)
    alive = text("INSERT INTO worker VALUES ('p', 'all', '1', 0, 9000000000000000, 0)")
    with closing(Database(url)) as database:
        database.writer.run(lambda db: db.execute(alive))
    refused = jianliu("vault", "rotate", "--to", "new")
    assert "请全部停下" in refused.output
    assert refused.exit_code == 1


def test_erase_asks_first_and_several_people_are_listed(jianliu, url):
    vault = opened(url)
    with closing(Database(url)) as database:

        def plant(db):
            seed.plant(db, {"wecom": "ww", "dingtalk": "d"}, NOW)
            seed.plant_contacts(db, vault, NOW)

        database.writer.run(plant)
    listed = jianliu("erase", "--contact", "某阀门制造", "--basis", "x")
    assert listed.exit_code == 1
    assert "138****8000" in listed.output
    assert NUMBER not in listed.output
    asked = CliRunner().invoke(app, ["erase", "--contact", NUMBER, "--basis", "x"], "n\n")
    assert asked.exit_code == 1
    with closing(Database(url)) as database, database.reading() as db:
        assert contacts.by_number(db, vault, NUMBER)
