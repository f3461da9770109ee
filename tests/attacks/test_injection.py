"""D20–D23: a name is a name: no SQL, no template, no markup, no formula ever comes of it."""

from __future__ import annotations

import ast
import io
import json
import re

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from bot.import_columns import CUSTOMERS
from cards.model import Button, Card, Text
from cards.render import dingtalk, wecom
from cards.render.slot import Slot
from connectors.sheets import errors_file, read
from tests.connectors.kit import xlsx
from tests.house.source import inside, modules, name, tree

SLOT = Slot("ref", 1, "https://bot.example/h5/form/x")
SQL = ("'); DROP TABLE opportunity;--", "' OR 1=1 --", '" OR ""="', "name;--", "%", "_", "\\")
TEMPLATES = ("{{7*7}}", "{{cycler.__init__.__globals__}}", "{% for a in b %}", "${jndi:ldap://a}",
             "{0.__class__}", "%(secret)s")  # fmt: skip
MARKUP = (
    '<font color="warning">已批准</font>', "[点我](https://evil.example)", "**已批准**", "`x`",
    "> 引用", "名字\n# 系统通知", "名字\r\n## 系统通知", "@all", "<@boss>",
    "<script>alert(1)</script>", "![x](https://evil.example/x.png)", "<a href='https://evil.example'>",
    "~~x~~", "\u2028# 通知",
)  # fmt: skip
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "＝1+1", "＋1", "|calc",
            "=cmd|'/C calc'!A0", '=HYPERLINK("https://evil.example","x")', "#N/A")  # fmt: skip


@pytest.mark.parametrize("words", SQL)
def test_d20_words_in_sql_stay_words(office, words):
    before = len(office.rows("customer"))
    office.says("张三", f"/客户 {words}")
    office.says("张三", f"/商机 某阀门制造 甲乙{words}丙")
    office.says("张三", f"/商机 {words} 北方泵业")
    assert before <= len(office.rows("customer")) <= before + 2
    assert "南粤阀业" not in str(office.sees("张三"))  # not his to see
    assert len(office.rows("opportunity")) <= 2


def test_d20_no_statement_is_put_together_from_text():
    """SQL as text is a constant; `%`, `+`, `.format` and f-strings never make one."""
    glued = [
        name(path, node)
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", "") in {"execute", "exec_driver_sql", "executescript"}
             or getattr(node.func, "id", "") == "text")
        and node.args
        and is_glued(node.args[0])
        and not inside(path, "bot/migrations")
    ]  # fmt: skip
    assert [where for where in glued if where.rpartition(":")[0] not in FIXED_NAMES] == []


FIXED_NAMES = {
    "bot/bench/databases.py", "bot/wakeups.py", "engine/backup.py", "engine/database.py",
}  # fmt: skip
"""Files whose SQL names tables or files of our own; none of it comes from a person."""


def is_glued(node):
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    formatted = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format"
    return formatted or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod))


@pytest.mark.parametrize("words", TEMPLATES)
def test_d21_a_template_in_a_name_is_shown_as_it_is(office, words):
    words = words.replace(" ", "")
    shown = office.says("张三", f"/商机 某阀门制造 甲{words}")[-1]
    assert f"甲{words}" in {row["name"] for row in office.rows("customer")}
    assert f"甲{words[:6]}" in json.dumps(shown, ensure_ascii=False)
    page = office.http.get("/sim", params={"phones": "张三.wecom"}).text
    assert "49" not in re.findall(r"甲(.{0,12})", page)


def test_d21_templates_come_from_files_only_sandboxed_and_escaped():
    made = [
        node
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and re.search(r"^(?!_)\w*Environment$", getattr(node.func, "id", ""))
    ]
    assert made
    for node in made:
        given = {word.arg: word.value for word in node.keywords}
        assert "Sandboxed" in node.func.id
        assert given["loader"].func.id == "FileSystemLoader"
        assert "autoescape" in given
    parsed = [
        name(path, node)
        for path in modules()
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"from_string", "compile_expression"})
        or (isinstance(node, ast.Name) and node.id in {"Template", "render_template_string"})
    ]
    assert parsed == []


def faces(words):
    """Everything a platform is sent for a card that says these words wherever it can."""
    card = Card(
        title=words, subtitle=words, facts=((words, words),), quote=f"好\n{words}",
        buttons=(Button(words, "a.b"),),
    )  # fmt: skip
    return {
        "wecom": wecom.render(card, SLOT),
        "wecom text": wecom.render(Text(words), SLOT),
        "wecom plain": wecom.render(Card(title=words, facts=(("客户", words),)), Slot("r", 1)),
        "dingtalk card": dingtalk.render(card, SLOT, template=True)["card"]["cardParamMap"],
        "dingtalk": dingtalk.render(card, SLOT, template=False)["msgParam"],
    }


@pytest.mark.parametrize("words", MARKUP)
def test_d22_markup_in_a_name_does_nothing_on_any_platform(words):
    shown = faces(words)
    for marked in (shown["dingtalk card"]["markdown"], shown["dingtalk"]["text"]):
        bare = re.sub(r"\\.", "", marked)  # what is not escaped
        ours = bare.replace("\n\n> ", "\n\n").removeprefix("#### ").replace("  \n  > ", "")
        assert not re.search(r"[\[\]<>`*~]|^\s*#|@", ours, re.MULTILINE), marked
    for text in (shown["wecom text"]["text"]["content"], shown["wecom plain"]["text"]["content"]):
        assert not re.search(r"<\s*a\b", text, re.IGNORECASE)
    assert "\\n#" not in json.dumps(shown["wecom"]["template_card"]["main_title"])
    assert "\n" not in shown["wecom"]["template_card"]["main_title"]["title"]


def test_d22_only_our_own_links_are_on_a_card():
    for shown in faces("[点我](https://evil.example) https://evil.example").values():
        urls = re.findall(r"\"(?:url|singleURL|actionURL\d)\": \"([^\"]+)", json.dumps(shown))
        assert not [u for u in urls if not u.startswith(("https://bot.example/", "dtmd://"))]


def test_d22_a_page_shows_markup_as_text(office):
    [card] = office.says("张三", "/商机")
    form = re.search(r"/h5/form/\w+", str(card["raw"])).group()
    office.http.cookies.set("sim_phone", "zhangsan")
    page = office.http.get(form, follow_redirects=True)
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text).group(1)
    evil = {"introducer": '"><script>alert(1)</script>', "name": "一"}
    answer = office.http.post(form, data={"ticket": ticket, **evil})
    office.http.cookies.clear()
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "unsafe-inline" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("words", FORMULAS)
def test_d23_no_cell_we_write_is_a_formula(words):
    doubled = words.replace('"', '""')
    for data, filename in (
        (xlsx(["客户名称", "负责人"], [words, ""]), "a.xlsx"),
        (f'客户名称,负责人\n"{doubled}",\n'.encode(), "a.csv"),
    ):
        sheet = read(data, filename, CUSTOMERS)
        written = errors_file(sheet, sheet.problems)
        [row] = list(load_workbook(io.BytesIO(written)).active.iter_rows(min_row=2, max_row=2))
        assert row[0].data_type == "s"
        assert row[0].value == words.strip()
        book = CalamineWorkbook.from_object(io.BytesIO(written))
        assert book.get_sheet_by_index(0).to_python()[1][0] == words.strip()
