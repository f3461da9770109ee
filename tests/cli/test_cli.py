"""The command line: exit 0 good, 1 a problem found, 2 misuse; JSON where it prints."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime

import openpyxl
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli import app
from bot.simulator import seed
from engine.database import Database
from tests.ready import upgrade


@pytest.fixture
def process(tmp_path):
    """Run the command as a process, in an empty folder with its own database."""

    def run(*words, **environment):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("JIANLIU")}
        url = f"sqlite:///{tmp_path}/jianliu.db"
        done = subprocess.run(
            [sys.executable, "-m", "jianliu", *words],
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
            env={**inherited, "JIANLIU_DATABASE_URL": url, "COLUMNS": "200", **environment},
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture
def jianliu(tmp_path, monkeypatch):
    """Run the command in this process, which spares its start, with its own database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIANLIU_DATABASE_URL", f"sqlite:///{tmp_path}/jianliu.db")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def company(tmp_path):
    """The demo company in the command's database."""
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    upgrade(database)
    tenants = {"wecom": "ww", "dingtalk": "ding"}
    database.writer.run(lambda db: seed.plant(db, tenants, datetime.now(UTC)))
    database.close()


def rows(folder, question):
    database = Database(f"sqlite:///{folder}/jianliu.db")
    with database.reading() as db:
        found = [tuple(row) for row in db.execute(text(question))]
    database.close()
    return found


def sheet(folder, *lines):
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    path = folder / "客户.xlsx"
    book.save(path)
    return str(path)


HEADER = ("公司名称", "销售", "行业", "标签", "备注")
GOOD = (HEADER, ("甲重工", "张三", "制造", "阀门、年度框架", "x"), ("乙医疗", "李四", "", "", ""))


def test_version_says_which(process):
    done = process("version", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["version"][0].isdigit()


def test_misuse_is_2_and_a_problem_is_1(jianliu, tmp_path):
    assert jianliu("nonsense").returncode == 2
    assert jianliu("check", "-c", "nowhere.toml").returncode == 2
    (tmp_path / "config.toml").write_text("[wecom]\nsecrt = 'x'\n")
    done = jianliu("check")
    assert done.returncode == 1
    assert "secret" in done.stderr


def test_check_shows_no_secret(jianliu, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text(
        "[wecom]\ncorp_id='ww1'\nagent_id=1\nsecret='hush-hush'\ntoken='tok'\n"
        f"aes_key='{'a' * 43}'\n"
    )
    config.chmod(0o600)
    done = jianliu("check", "--json")
    assert done.returncode == 0
    assert "hush" not in done.stdout
    assert json.loads(done.stdout)["settings"]["wecom"]["corp_id"] == "ww1"


def test_migrate_makes_the_tables(jianliu, tmp_path):
    assert jianliu("migrate").returncode == 0
    assert rows(tmp_path, "SELECT count(*) FROM customer") == [(0,)]


@pytest.mark.usefixtures("company")
def test_a_dry_run_writes_nothing_then_the_import_does_and_again_changes_nothing(jianliu, tmp_path):
    path = sheet(tmp_path, *GOOD)
    before = rows(tmp_path, "SELECT count(*) FROM customer")
    dry = json.loads(jianliu("import", "customers", path, "--dry-run", "--json").stdout)
    assert (dry["created"], dry["errors"], dry["ignored_columns"]) == (2, [], ["备注"])
    assert rows(tmp_path, "SELECT count(*) FROM customer") == before

    assert jianliu("import", "customers", path).returncode == 0
    found = rows(
        tmp_path,
        "SELECT c.name, c.industry, p.name FROM customer c JOIN person p ON p.id = c.owner_id"
        " WHERE c.name IN ('甲重工', '乙医疗') ORDER BY c.name",
    )
    assert found == [("乙医疗", "unknown", "李四"), ("甲重工", "制造", "张三")]
    again = json.loads(jianliu("import", "customers", path, "--json").stdout)
    assert (again["created"], again["completed"], again["unchanged"]) == (0, 0, 2)


@pytest.mark.usefixtures("company")
def test_an_empty_field_is_filled_and_a_value_is_never_overwritten(jianliu, tmp_path):
    jianliu("import", "customers", sheet(tmp_path, *GOOD))
    later = (
        HEADER,
        ("甲重工", "张三", "能源", "阀门、维保", ""),
        ("乙医疗", "李四", "医疗", "", ""),
    )
    done = json.loads(jianliu("import", "customers", sheet(tmp_path, *later), "--json").stdout)
    assert (done["completed"], done["unchanged"]) == (2, 0)
    names = "SELECT name, industry FROM customer WHERE name IN ('甲重工', '乙医疗') ORDER BY name"
    assert rows(tmp_path, names) == [("乙医疗", "医疗"), ("甲重工", "制造")]


@pytest.mark.usefixtures("company")
def test_one_wrong_row_stops_everything_and_comes_back_marked(jianliu, tmp_path):
    wrong = (*GOOD, ("丙能源", "没有这人", "", "", ""), ("甲重工", "张三", "", "", ""))
    done = jianliu("import", "customers", sheet(tmp_path, *wrong))
    assert done.returncode == 1
    assert "第 4 行 负责人：没有叫「没有这人」的同事" in done.stdout
    assert "第 5 行 客户名称：与第 2 行是同一家客户" in done.stdout
    assert rows(tmp_path, "SELECT count(*) FROM customer WHERE name = '甲重工'") == [(0,)]
    marked = openpyxl.load_workbook(tmp_path / "客户-错误.xlsx").active
    texts = [str(cell.value) for row in marked.iter_rows() for cell in row]
    assert any("没有叫「没有这人」的同事" in cell for cell in texts)


@pytest.mark.usefixtures("company")
def test_a_gbk_csv_is_read_and_a_file_without_names_is_refused(jianliu, tmp_path):
    good, bad = tmp_path / "a.csv", tmp_path / "b.csv"
    good.write_bytes("客户名称,负责人\n丁电子,张三\n".encode("gbk"))
    bad.write_text("地址,负责人\nx,张三\n")
    assert jianliu("import", "customers", str(good)).returncode == 0
    done = jianliu("import", "customers", str(bad))
    assert done.returncode == 1
    assert "客户名称" in done.stderr


def test_say_starts_a_demo_of_its_own_and_prints_the_cards(process):
    done = process(
        "say", "--as", "张三", "/商机 某阀门制造 北方泵业", "--platform", "dingtalk",
        "--port", "1", "--json", JIANLIU_DATABASE_URL="",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [card] = json.loads(done.stdout)["messages"]
    assert "商机已建" in card["title"]
    stranger = process("say", "--as", "王五", "/帮助", "--port", "1")
    assert stranger.returncode == 1
    assert "张三" in stranger.stderr


def test_a_service_without_a_platform_does_not_start(process):
    done = process("run")
    assert done.returncode == 1
    assert "config.toml" in done.stderr


def test_a_port_that_is_taken_is_named(process):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = process("demo", "--port", port, "--no-browser")
    assert done.returncode == 1
    assert port in done.stderr


def test_a_damaged_demo_says_what_to_do(process, tmp_path):
    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / "secrets.json").write_text("{")
    done = process("demo", "--port", "18799", "--no-browser")
    assert done.returncode == 1
    assert ".demo" in done.stderr


def test_leads_come_into_the_pool_and_the_same_rows_again_bring_none(jianliu, tmp_path):
    """B4: GBK, and what a formula looks like stays words."""
    path = tmp_path / "展会.csv"
    path.write_bytes(
        "公司,来源,预算(万元),需求\n甲重工,展会,12,=1+1\n乙医疗,,,\n".encode("gb18030")
    )
    dry = json.loads(jianliu("import", "leads", str(path), "--dry-run", "--json").stdout)
    assert (dry["created"], dry["dry_run"], dry["errors"]) == (2, True, [])
    assert rows(tmp_path, "SELECT count(*) FROM lead") == [(0,)]
    assert jianliu("import", "leads", str(path)).returncode == 0
    found = rows(tmp_path, "SELECT company, source, budget_fen, need FROM lead ORDER BY company")
    assert found == [("乙医疗", "表格导入", None, ""), ("甲重工", "展会扫码", 12_000_000, "=1+1")]
    again = json.loads(jianliu("import", "leads", str(path), "--json").stdout)
    assert (again["created"], again["unchanged"]) == (0, 2)


def test_a_lead_without_a_company_stops_the_file_and_marks_it(jianliu, tmp_path):
    path = tmp_path / "展会.csv"
    path.write_text("公司,来源\n甲重工,展会\n,官网\n", "utf-8")
    done = json.loads((result := jianliu("import", "leads", str(path), "--json")).stdout)
    assert result.returncode == 1
    assert [(e["row"], e["column"]) for e in done["errors"]] == [(3, "公司")]
    assert (tmp_path / "展会-错误.xlsx").exists()
    assert rows(tmp_path, "SELECT count(*) FROM lead") == [(0,)]
