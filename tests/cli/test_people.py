"""Bringing in colleagues: an empty installation becomes one people can talk to."""

import json

import pytest

from tests.cli.test_cli import jianliu, rows, sheet

__all__ = ["jianliu"]

HEADER = ("姓名", "角色", "上级", "区域", "企业微信账号", "钉钉账号")
TEAM = (
    HEADER,
    ("小张", "销售", "老王", "华东", "XiaoZhang", "s1"),
    ("老王", "销售经理", "", "华东", "laowang", ""),
)


@pytest.fixture
def configured(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(
        "[wecom]\ncorp_id='ww1'\nagent_id=1\nsecret='x'\ntoken='tok'\n"
        f"aes_key='{'a' * 43}'\n[dingtalk]\nclient_id='dingx'\nclient_secret='x'\n"
        "robot_code='r'\n"
    )
    config.chmod(0o600)


@pytest.mark.usefixtures("configured")
def test_people_their_managers_and_accounts_come_in_and_again_change_nothing(jianliu, tmp_path):
    path = sheet(tmp_path, *TEAM)
    done = json.loads(jianliu("import", "people", path, "--json").stdout)
    assert (done["created"], done["errors"]) == (2, [])
    found = rows(
        tmp_path,
        "SELECT p.name, p.role, m.name FROM person p LEFT JOIN person m ON m.id = p.manager_id"
        " ORDER BY p.role DESC",
    )
    assert found == [("小张", "rep", "老王"), ("老王", "manager", None)]
    accounts = rows(tmp_path, "SELECT platform, tenant, account FROM identity ORDER BY account")
    assert accounts == [("wecom", "ww1", "laowang"), ("dingtalk", "dingx", "s1"),
                        ("wecom", "ww1", "xiaozhang")]  # fmt: skip
    again = json.loads(jianliu("import", "people", path, "--json").stdout)
    assert (again["created"], again["completed"], again["unchanged"]) == (0, 0, 2)


@pytest.mark.usefixtures("configured")
def test_wrong_roles_managers_and_taken_accounts_stop_everything(jianliu, tmp_path):
    wrong = (
        *TEAM,
        ("小李", "老板", "", "", "", ""),
        ("小赵", "销售", "谁啊", "", "", ""),
        ("小钱", "销售", "老王", "", "xiaozhang", ""),
    )
    done = json.loads(jianliu("import", "people", sheet(tmp_path, *wrong), "--json").stdout)
    assert [(e["row"], e["column"]) for e in done["errors"]] == [
        (4, "角色"), (5, "上级"), (6, "企业微信账号"),
    ]  # fmt: skip
    assert done["created"] == 0
    assert rows(tmp_path, "SELECT count(*) FROM person") == [(0,)]


def test_without_a_platform_there_are_no_accounts_to_bind(jianliu, tmp_path):
    done = jianliu("import", "people", sheet(tmp_path, *TEAM))
    assert done.returncode == 1
    assert "config.toml" in done.stderr
