"""D30 and D32: nobody sees a number by accident, and who was erased stays erased."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, select
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import Clock
from bot.importing import import_customers
from bot.platforms.api import Undelivered
from bot.simulator import seed
from bot.tables import metadata
from cards import outbox
from cards.contacts import revealed
from cards.model import Text
from engine import jobs
from engine.database import Database
from engine.jobs import State
from engine.vault import Vault
from sales import contacts, privacy
from sales.people import Address
from tests import postgres_kit
from tests.attacks.contacts_kit import NUMBER, WHO, answer, planted
from tests.bot.kit import desk
from tests.chat import conftest as chat
from tests.ready import upgrade

_open = chat._open  # the office on both databases
MASKED = "138****8888"
DISGUISES = (
    NUMBER, "１３８１２３４８８８８", "138 1234 8888", "138-1234-8888", "1\u200b3\u200b812348888",
    "+86 138.1234.8888", "①③⑧①②③④⑧⑧⑧⑧",
)  # fmt: skip
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


def at_rest(office, *, raw=True):
    """Everything the database holds, as text; without what people wrote if not `raw`."""
    tables = {name: office.rows(name) for name in metadata.tables}
    if not raw:
        tables["job"] = [row for row in tables["job"] if row["lane"] != "inbox"]
    return json.dumps(tables, ensure_ascii=False, default=str)


def phones(office):
    """Everything on everybody's phone that came from us, with the wire format."""
    people = [person["name"] for person in office.http.get("/sim/api/people").json()]
    shown = [message for name in people for message in office.sees(name)]
    ours = [message for message in shown if message["kind"] != "said"]
    return json.dumps(ours, ensure_ascii=False)


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
@pytest.mark.parametrize("written", DISGUISES)
def test_d30_a_number_somebody_types_is_masked_on_every_card_and_in_the_trail(
    office, platform, written
):  # fmt: skip
    lines = (f"我的电话是{written}", f"/客户 {written}", f"/商机 {written} 北方泵业",
             f"/商机 某阀门制造 西部{written}", f"/客护 {written}")  # fmt: skip
    said = [answer(office, "张三", line, platform) for line in lines]
    seen = json.dumps(said, ensure_ascii=False)
    assert "138" in seen
    for text in (seen, at_rest(office, raw=False)):
        for shape in (written, NUMBER):
            assert shape not in text
    assert office.rows("opportunity") == []
    [read] = office.rows("audit", action="read.customer.show")
    assert read["detail"] == {"name": MASKED} or "13812" not in str(read["detail"])


def test_d30_the_number_shows_only_on_the_phone_of_who_asked_and_is_audited(office):
    card = answer(office, "张三", "/客户 恒信阀门")
    assert "孙* · 137****7000" in card["text"]
    card = answer(office, "李四", "/客户 恒信阀门")
    [told] = office.presses("李四", card, "查看号码")
    assert "13700137000" in told["text"]
    assert "孙丽" in told["text"]
    stored = at_rest(office)
    for secret in ("13700137000", "孙丽", "sunli_hengxin"):
        assert secret not in stored
    [look] = office.rows("audit", action="contact.revealed")
    [contact] = [row["id"] for row in office.rows("contact") if row["id"] == look["subject_id"]]
    assert (look["actor"], look["channel"], look["subject_type"]) == ("lisi", "wecom", "contact")
    assert look["detail"].keys() == {"customer_id"}
    assert contact not in told["text"]


@pytest.mark.parametrize(
    ("person", "platform", "entitled"),
    [("李四", "wecom", True), ("王经理", "wecom", True), ("陈总", "dingtalk", True),
     ("张三", "wecom", False), ("冯运营", "wecom", False), ("管理员", "wecom", False)],
)  # fmt: skip
def test_d30_only_the_owner_and_the_people_above_get_the_button(
    office, person, platform, entitled
):  # fmt: skip
    card = answer(office, person, "/客户 恒信阀门", platform)
    assert [b["text"] for b in card["buttons"] if "号码" in b["text"]] == ["查看号码"] * entitled
    assert "13700137000" not in json.dumps(card)
    if entitled:
        [told] = office.presses(person, card, "查看号码")
        assert "13700137000" in told["text"]


def test_d30_who_lost_the_customer_cannot_use_an_old_button(office):
    card = answer(office, "李四", "/客户 恒信阀门")
    move = metadata.tables["customer"].update().values(owner_id="zhangsan")
    office.demo.service.database.writer.run(lambda db: db.execute(move))
    [told] = office.presses("李四", card, "查看号码")
    assert "负责人和他的上级" in told["text"]
    assert office.rows("audit", action="refused.not_their_contact")


def test_d30_there_are_only_so_many_looks_in_a_day(office):
    office.says("冯运营", "/规则 改 每人限额 看号码 2")
    office.says("冯运营", "/规则 发布 每人限额 先少看几个")
    card = answer(office, "李四", "/客户 恒信阀门")
    told = [office.presses("李四", card, "查看号码")[0]["text"] for _ in range(3)]
    assert ["13700137000" in text for text in told] == [True, True, False]
    assert "还能看 1 个" in told[0]
    assert "到上限了" in told[2]
    assert len(office.rows("audit", action="contact.revealed")) == 2
    office.wait("24h")
    [tomorrow] = office.presses("李四", card, "查看号码")
    assert "13700137000" in tomorrow["text"]


def test_d30_an_exception_with_a_number_leaves_none_in_the_dead_letters(tmp_path, monkeypatch):
    # What becomes of it in the log: tests/house/test_logs.py.
    async def story():
        async with desk(tmp_path) as d:

            def fails(*_):
                raise ValueError(f"call {NUMBER}")

            async def refuses(*_):
                raise Undelivered("card_invalid", f"errmsg {NUMBER}")

            monkeypatch.setattr(type(d.inbox._units), "look", fails)
            monkeypatch.setattr(d.platform, "send", refuses)
            await d.inbox.receive(d.inbound("/客户 某阀门"))
            await d.deliver()
            return [d.one(f"SELECT last_error FROM job WHERE lane {lane}")
                    for lane in ("= 'inbox'", "LIKE 'outbox%'")]  # fmt: skip

    errors = asyncio.run(story())
    assert all(MASKED in error for error in errors)
    assert NUMBER not in "".join(errors)


def test_d30_a_file_name_with_a_number_is_masked_in_the_trail_and_the_sources(tmp_path):
    file = tmp_path / f"客户 {NUMBER}.csv"
    file.write_text("客户名称,负责人,联系人,电话\n甲重工,张三,欧阳若溪,13812348888\n", "utf-8")
    with closing(Database(f"sqlite:///{tmp_path}/jianliu.db")) as database:
        upgrade(database)
        database.writer.run(lambda db: seed.plant(db, {"wecom": "ww", "dingtalk": "d"}, NOW))
        report = import_customers(database, file, Vault(bytes(32)), dry_run=False, progress=False)
        assert report.outcome.created == 1
        with database.reading() as db:
            rows = [db.execute(select(table)).all() for table in metadata.sorted_tables]
    assert MASKED in str(rows)
    for secret in (NUMBER, "欧阳若溪"):
        assert secret not in str(rows)


def test_d32_erased_from_chat_nothing_personal_is_left_but_the_skeleton_stays(office):
    contact = planted(office)
    office.says("李四", "欧阳若溪的电话 138-1234-8888")
    office.says("李四", "微信加 ruoxi_ou")
    seen = answer(office, "李四", "/客户 津门医疗")
    [told] = office.presses("李四", seen, "查看号码")
    assert NUMBER in told["text"]
    assert "欧阳若溪" in at_rest(office)
    before = office.rows("audit")

    asked = answer(office, "周合规", "/隐私 删除 138 1234 8888")
    assert "欧* · 138****8888" in asked["title"]
    [done] = office.presses("周合规", asked, "删除：本人要求")
    assert done["title"] == "联系人已删除"
    stored = at_rest(office)
    for secret in (*WHO.values(), "138-1234-8888", "138 1234 8888"):
        assert secret not in stored
    after = office.rows("audit")
    assert after[: len(before)] == before
    [proof] = office.rows("audit", action="contact.erased", subject_id=contact)
    assert proof["actor"] == "zhouhegui"
    assert proof["detail"] == {"basis": "request", "messages": 3}
    [key] = office.rows("vault_key", subject_id=contact)
    assert key["wrapped"] == ""
    assert key["destroyed_at"]
    listed = (office.demo.folder / "jianliu.erased").read_text()
    assert contact in listed

    assert "没有找到" in answer(office, "周合规", f"/隐私 查看 {NUMBER}")["text"]
    assert "已经删除" in answer(office, "周合规", f"/隐私 查看 {contact}")["text"]
    [late] = office.presses("李四", seen, "查看号码")
    assert "已经删除" in late["text"]


@pytest.mark.parametrize("drawn", [False, True], ids=["waiting", "drawn"])
def test_d32_a_number_on_its_way_is_not_sent_once_its_contact_is_erased(tmp_path, drawn):
    async def story():
        async with desk(tmp_path) as d:
            run = d.database.writer.run

            def begin(db):
                customer = db.execute(select(metadata.tables["customer"].c.id)).scalars().first()
                contact = contacts.add(db, d.vault, customer, WHO, source="", now=d.clock.now())
                to = [Address("zhangsan", "wecom", "ww", "zhangsan")]
                outbox.post(db, revealed(contact, "甲", left=1), to, now=d.clock.now())
                return contact

            contact = run(begin)
            sends = d.platform.send
            if drawn:

                async def down(*_):
                    raise Undelivered("channel_down", "-1", retry_after=timedelta(seconds=1))

                d.platform.send = down
                await d.deliver()
                d.platform.send = sends
            assert NUMBER not in d.one("SELECT payload FROM job WHERE lane LIKE 'outbox%'")
            now = d.clock.now()
            run(lambda db: privacy.erase(db, d.vault, contact, "request", now=now))
            d.clock.jump(d.clock.now() + timedelta(minutes=1))
            await d.deliver()
            assert d.platform.sent == []
            reason = d.one("SELECT state || ' ' || reason FROM delivery")
            return d.one("SELECT state FROM job WHERE lane LIKE 'outbox%'"), reason

    assert asyncio.run(story()) == (State.CANCELLED, "failed erased")


def test_a_number_that_could_not_be_sent_at_once_is_sent_the_same_later(tmp_path):
    async def story():
        async with desk(tmp_path) as d:

            def begin(db):
                customer = db.execute(select(metadata.tables["customer"].c.id)).scalars().first()
                contact = contacts.add(db, d.vault, customer, WHO, source="", now=d.clock.now())
                to = [Address("zhangsan", "wecom", "ww", "zhangsan")]
                outbox.post(db, revealed(contact, "甲", left=1), to, now=d.clock.now())

            d.platform.render = lambda content, _, **__: {"body": content.text}
            d.database.writer.run(begin)
            sends, tried = d.platform.send, []

            async def down(_, request):
                tried.append(request)
                raise Undelivered("channel_down", "-1", retry_after=timedelta(0), ambiguous=True)

            d.platform.send = down
            await d.deliver()
            d.platform.send = sends
            d.clock.jump(d.clock.now() + timedelta(minutes=1))
            await d.deliver()
            [(_, sent)] = d.platform.sent
            assert [sent] == tried
            assert NUMBER in sent["body"]
            assert NUMBER not in d.one("SELECT payload FROM job WHERE lane LIKE 'outbox%'")

    asyncio.run(story())


@pytest.fixture
def jianliu(tmp_path, monkeypatch):
    """Run a command in an empty folder; the answer must be good unless `wrong`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Clock, "now", lambda _: NOW)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words, wrong=False):
        done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
        assert (done.exit_code != 0) is wrong, done.output
        return done.output

    return run


@pytest.fixture
def kept_and_erased(jianliu, database_url, tmp_path, monkeypatch):
    """A backup with one contact and a raw message, and the same database after the erasure."""
    if not database_url.startswith("sqlite"):
        monkeypatch.setenv("PATH", str(postgres_kit.binaries()), prepend=":")
        monkeypatch.setenv("JIANLIU_VAULT__KEY", "5a" * 32)
        monkeypatch.setenv("JIANLIU_VAULT__ERASE_LIST", str(tmp_path / "erased"))
    monkeypatch.setenv("JIANLIU_DATABASE_URL", database_url)
    with closing(Database(database_url)) as database:
        upgrade(database)
        database.writer.run(lambda db: seed.plant(db, {"wecom": "ww", "dingtalk": "d"}, NOW))
        said = {"text": "欧阳若溪 138-1234-8888", "values": {}}

        def write(db):
            job = jobs.add(db, "inbox", "e1", said, due=NOW, now=NOW, lease=timedelta(seconds=9))
            jobs.finish(db, job, now=NOW)
            outbox.post(db, Text("您好"), [Address("lisi", "wecom", "ww", "lisi")], now=NOW)

        database.writer.run(write)
    (tmp_path / "a.csv").write_text(
        f"客户名称,负责人,联系人,电话,邮箱\n甲重工,张三,{WHO['name']},{NUMBER},{WHO['email']}\n"
    )
    jianliu("import", "customers", "a.csv")
    (tmp_path / "a.csv").unlink()
    jianliu("backup", "kept")
    (tmp_path / "exported").mkdir()
    jianliu("export", "contact", NUMBER, "exported/bundle.json")
    erased = jianliu("erase", "--contact", NUMBER, "--basis", "本人要求", "--yes")
    assert "1 条提到此人的原始消息" in erased
    return json.loads((tmp_path / "exported/bundle.json").read_text())["contact"]


def everything(url):
    with closing(Database(url)) as database, database.reading() as db:
        return {table.name: db.execute(select(table)).all() for table in metadata.sorted_tables}


def shredded(url, contact):
    """Nothing personal is left, in the rows or in the bytes; the trail says what was done."""
    rows = everything(url)
    for secret in (WHO["name"], NUMBER, "138-1234-8888", WHO["email"]):
        assert secret not in str(rows)
        if url.startswith("sqlite"):
            path = Path(make_url(url).database)
            for file in path.parent.glob(f"{path.name}*"):
                if "before-restore" not in file.name:
                    assert secret.encode() not in file.read_bytes(), file
    [key] = [key for key in rows["vault_key"] if key.subject_id == contact]
    assert (key.wrapped, key.destroyed_at is not None) == ("", True)
    assert [a.action for a in rows["audit"] if a.subject_id == contact][-1] == "contact.erased"


def test_d32_erase_then_verify_then_restore_then_verify_again(
    jianliu, kept_and_erased, database_url, request, monkeypatch
):
    contact = kept_and_erased
    shredded(database_url, contact)
    assert "留痕完整" in jianliu("audit", "verify")
    assert "没有找到" in jianliu("export", "contact", NUMBER, wrong=True)
    assert "已经删除" in jianliu("erase", "--contact", contact, "--basis", "x", "--yes", wrong=True)
    if not database_url.startswith("sqlite"):
        database_url = request.getfixturevalue("empty_postgres")
        monkeypatch.setenv("JIANLIU_DATABASE_URL", database_url)
    told = jianliu("restore", "kept", "--yes")
    assert "1 位联系人已按名单再删一遍" in told
    shredded(database_url, contact)
    assert "留痕完整" in jianliu("audit", "verify")
    assert "没有找到" in jianliu("export", "contact", NUMBER, wrong=True)


def test_d32_without_the_master_key_a_backup_with_erased_people_is_not_restored(
    jianliu, kept_and_erased, database_url, tmp_path
):
    if not database_url.startswith("sqlite"):
        pytest.skip("on PostgreSQL the key is in the configuration")
    assert kept_and_erased
    (tmp_path / "jianliu.db.key").unlink()
    before = everything(database_url)
    assert "找不到主密钥文件" in jianliu("restore", "kept", "--yes", wrong=True)
    assert everything(database_url) == before
