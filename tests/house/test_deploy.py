"""The handbook and the templates for deployment say what is so."""

from __future__ import annotations

import configparser
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from bot import metrics
from bot.roles import Role
from bot.settings import load
from engine.vitals import Lane, Vitals
from tests.house.source import FOLDERS, ROOT

DEPLOY = ROOT / "docs/deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
SIZES = ("database_bytes", "database_wal_bytes", "disk_free_bytes")
VALUES = {
    "database_url": "postgresql+psycopg://jianliu:x@postgres/jianliu",
    "metrics_token": "0123456789abcdef",
    "wecom_secret": "hush",
    "wecom_token": "token",
    "wecom_aes_key": "a" * 43,
    "WECOM_CORP_ID": "ww1",
    "WECOM_AGENT_ID": "1000002",
    "PUBLIC_URL": "https://bot.example.com",
}


def test_the_handbook_explains_every_number_and_no_other() -> None:
    vitals = Vitals((Lane("inbox"),), 0, timedelta(), {}, {})
    shown = metrics.exposition(vitals, dict.fromkeys(SIZES, 0.0)).decode()
    handbook = (ROOT / "docs/operators.md").read_text("utf-8")
    table = handbook.split("## 指标")[1].split("## 日志")[0]
    names = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    explained = set(re.findall(r"`(\w+)", " ".join(names)))
    assert explained == set(re.findall(r"^# TYPE jianliu_(\w+) ", shown, re.MULTILINE))


@pytest.mark.parametrize("service", ["web", "worker"])
def test_the_compose_file_gives_settings_that_exist(service, tmp_path, monkeypatch) -> None:
    written = COMPOSE["services"][service]["environment"]
    for name, value in written.items():
        monkeypatch.setenv(name, filled(value, tmp_path))
    settings = load(None)
    assert settings.database.url.get_secret_value() == VALUES["database_url"]
    assert settings.server.metrics_token.get_secret_value() == VALUES["metrics_token"]
    assert settings.wecom
    assert settings.wecom.aes_key.get_secret_value() == VALUES["wecom_aes_key"]


def filled(value: str, folder: Path) -> str:
    """What a container sees: variables filled in, secrets as files."""
    if found := re.match(r"\$\{(\w+)", value):
        return VALUES[found[1]]
    if not value.startswith("/run/secrets/"):
        return value
    secret = folder / value.removeprefix("/run/secrets/")
    secret.write_text(f"{VALUES[secret.name]}\n")
    return str(secret)


def test_every_secret_is_a_file_that_somebody_reads() -> None:
    services = COMPOSE["services"].values()
    given = {name for service in services for name in service["secrets"]}
    read = {
        value.removeprefix("/run/secrets/")
        for service in services
        for value in service["environment"].values()
        if value.startswith("/run/secrets/")
    }
    assert given == read == COMPOSE["secrets"].keys()


@pytest.mark.parametrize("service", ["web", "worker"])
def test_the_processes_play_roles_that_exist(service) -> None:
    command = COMPOSE["services"][service]["command"]
    assert command[:2] == ["run", "--role"]
    assert Role(command[2]) == service


def test_the_image_is_built_from_everything_the_program_needs_and_nothing_else() -> None:
    listed = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {*FOLDERS, "jianliu.py", "pyproject.toml", "requirements.lock"}
    needed |= {project["readme"], *project["license-files"]}
    assert listed[0] == "*"
    assert {name[1:] for name in listed if name.startswith("!")} == needed
    assert all((ROOT / name).exists() for name in needed)
    assert "--require-hashes" in DOCKERFILE
    assert "USER jianliu" in DOCKERFILE


def test_the_database_server_is_not_newer_than_the_client_in_the_image() -> None:
    client = re.search(r"postgresql-client-(\d+)", DOCKERFILE)
    assert client
    assert COMPOSE["services"]["postgres"]["image"] == f"postgres:{client[1]}"


def test_the_unit_starts_the_service_and_starts_it_again() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read_string((DEPLOY / "jianliu.service").read_text("utf-8"))
    assert "jianliu run -c" in unit["Service"]["ExecStart"]
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["User"] != "root"
