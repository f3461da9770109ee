"""D28: no secret and no token in what anybody but its owner may read."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import stat

import pytest
import structlog
from pydantic import SecretStr
from sqlalchemy import select
from typer.testing import CliRunner

from bot import logs
from bot.cli import app
from bot.settings import Settings, loose_permissions
from bot.web.sessions import Sessions, signing_key
from engine.secrets import SECRET
from tests.house.source import ROOT, files

ENTROPY = re.compile(
    rb"""(?:secret|token|aes_key|password)["']?\s*[=:]\s*["']([A-Za-z0-9+/_-]{20,})["']"""
)
MADE_UP = ("tests/", "docs/", "config.example.toml")


@pytest.fixture
def secrets(office):
    """Every secret of the running demo, those it was given and those it fetched."""
    service = office.demo.service
    wecom, dingtalk = service.settings.wecom, service.settings.dingtalk
    given = [wecom.secret, wecom.token, wecom.aes_key, dingtalk.client_secret]
    office.says("张三", "/商机 某阀门制造 北方泵业")
    office.says("张三", "/帮助", platform="dingtalk")
    platforms = [one._platform for one in service.couriers if one._platform.name != "wecom_bot"]
    fetched = [office.finger(one._token.get()) for one in platforms]
    found = [*(s.get_secret_value() for s in given), *fetched]
    assert len(set(found)) == 6
    return found


def leaks(secrets, text):
    return [s[:4] for s in secrets if s and s in text]


def test_d28_no_number_page_or_error_shows_a_secret(office, secrets):
    for method, path in (
        ("GET", "/metrics"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/h5/form/x"),
        ("GET", "/nowhere"), ("POST", "/wecom/callback"), ("GET", "/wecom/callback?echostr=x"),
        ("POST", "/h5/form/x"), ("PUT", "/metrics"),
    ):  # fmt: skip
        answer = office.http.request(method, path)
        assert leaks(secrets, answer.text + str(answer.headers)) == []
        assert "Traceback" not in answer.text


@pytest.fixture
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging_as_before")
def test_d28_the_log_of_a_day_of_trouble_shows_no_secret(office, secrets, capfd):
    logs.configure(json=True)
    for fault in ("5xx", "token_expired", "429", "down", "timeout"):
        office.fault("wecom", fault)
        office.says("张三", "/帮助")
    office.http.post("/wecom/callback", content=b"x")
    written = "".join(capfd.readouterr())
    assert "delivery" in written
    assert leaks(secrets, written) == []
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", written)


def test_d28_the_database_and_its_backup_open_nothing(office, secrets, tmp_path):
    copy = tmp_path / "copy.db"
    with sqlite3.connect(office.demo.folder / "jianliu.db") as source:
        source.execute("VACUUM INTO ?", (str(copy),))
    source.close()
    assert leaks(secrets, copy.read_bytes().decode("latin-1")) == []


def test_d28_what_the_database_keeps_signs_nobody_in(office):
    """The key of the form pages also needs the apps' own secrets."""
    with office.demo.service.database.reading() as db:
        stored = db.execute(select(SECRET.value).where(SECRET.name == "h5")).scalar_one()
    forged = Sessions(stored, secure=False)._sign("session").dumps(["f", "zhangsan"])
    ours = Sessions(signing_key(stored, "a", "b"), secure=False)
    assert ours._read("session", forged, 60) is None
    assert signing_key(stored, "a", "b") != signing_key(stored, "a", "c")


def test_d28_check_prints_stars_and_warns_of_open_files(office, secrets, tmp_path):
    wecom = office.demo.service.settings.wecom
    path = tmp_path / "config.toml"
    path.touch(0o600)
    path.write_text(
        f'[wecom]\ncorp_id = "ww"\nagent_id = 1\nsecret = "{wecom.secret.get_secret_value()}"\n'
        f'token = "{wecom.token.get_secret_value()}"\n'
        f'aes_key = "{wecom.aes_key.get_secret_value()}"\n'
    )
    for words in (["check", "-c", str(path)], ["check", "-c", str(path), "--json"]):
        said = CliRunner().invoke(app, words).output
        assert "***" in said
        assert leaks(secrets, said) == []
    assert not loose_permissions(path)
    path.chmod(0o644)
    assert loose_permissions(path)


def test_d28_a_secret_prints_stars_wherever_it_is_shown(office):
    settings = office.demo.service.settings
    shown = f"{settings!r} {settings} {settings.model_dump_json()} {vars(settings)}"
    given = [settings.wecom.secret, settings.wecom.aes_key, settings.dingtalk.client_secret]
    assert leaks([s.get_secret_value() for s in given], shown) == []
    kinds = {type(value) for value in vars(settings.wecom).values()}
    assert SecretStr in kinds


def test_d28_a_mistake_in_the_configuration_does_not_repeat_the_secret(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('[wecom]\ncorp_id = "ww"\nsecret = "hush-hush-hush"\naes_key = "hush-hush"\n')
    said = CliRunner().invoke(app, ["check", "-c", str(path)]).output
    assert "hush" not in said
    assert Settings.model_config["hide_input_in_errors"]


def test_d28_the_demos_own_secrets_are_its_owners_only(office):
    path = office.demo.folder / "secrets.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())


def test_d28_the_repository_holds_no_secret():
    found = [
        f"{path.relative_to(ROOT)}: {secret[1][:4]!r}"
        for path in files()
        if path.suffix in {".py", ".toml", ".yaml", ".service", ".md", ".json", ".js"}
        and not str(path.relative_to(ROOT)).startswith(MADE_UP)
        for secret in ENTROPY.finditer(path.read_bytes())
    ]
    assert found == []
