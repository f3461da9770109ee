"""What the platforms say of the app, in the documented shapes, and what an administrator reads."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.doctor.finding import Finding, Verdict
from bot.menu import MENU
from bot.settings import Server, WeComBotSettings, WeComSettings
from engine.database import Database
from sales.people import Identity, Person
from tests.doctor.kit import (
    CORP,
    Company,
    at_company,
    dingtalk,
    examined,
    finding,
    served,
    settings,
    wecom,
)
from tests.ready import upgrade

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def told(found: Finding) -> str:
    return f"{found.seen} {found.cause} {found.fix}"


def asked(tmp_path, name: str, prepare=lambda _: None, *, server: Server = Server(), **changes):  # noqa: B008 - frozen
    """What a check finds at the fakes after `prepare` has broken something there."""

    async def look(company: Company, base: str) -> dict[str, Finding]:
        prepare(company)
        kind, bases = (wecom, {"api_base": base, "oauth_base": base})
        if name.startswith("dingtalk"):
            kind, bases = (dingtalk, {"api_base": base, "oapi_base": base})
        section = kind(**(bases | changes))
        of = settings(tmp_path, server=server, **{name.partition(".")[0]: section})
        return await examined(of, name)

    return at_company(look)[name]


def scripted(tmp_path, name: str, *answers: dict, status: int = 200) -> Finding:
    """The same with a platform that answers these one after the other, the last with `status`."""
    left = list(answers)

    async def answer(_: Request) -> Response:
        if len(left) > 1:
            return JSONResponse(left.pop(0))
        return JSONResponse(left[0], status)

    async def run() -> Finding:
        app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST", "PUT"])])
        async with served(app) as port:
            base = f"http://127.0.0.1:{port}"
            section = (
                {"wecom": wecom(api_base=base, oauth_base=base)}
                if name.startswith("wecom")
                else {"dingtalk": dingtalk(api_base=base, oapi_base=base)}
            )
            return (await examined(settings(tmp_path, **section), name))[name]

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wecom.secret", "都对"),
        ("wecom.app", "可见范围：2 人"),
        ("dingtalk.secret", "都对"),
        ("dingtalk.gateway", "答应"),
        ("dingtalk.robot", "权限在"),
        ("dingtalk.cards", "权限在"),
    ],
)
def test_a_company_that_is_set_up_well_passes(tmp_path, name, words):
    found = asked(tmp_path, name)
    assert found.verdict is Verdict.GOOD, found
    assert words in found.seen


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret": "another-secret-of-the-app"}, "40001 Secret 不对"),
        ({"corp_id": "wwanothercorp00"}, "40013 企业 ID 不对"),
    ],
)
def test_wrong_credentials_of_wecom_are_told_apart(tmp_path, changes, words):
    found = asked(tmp_path, "wecom.secret", **changes)
    assert found.verdict is Verdict.BAD
    assert words in told(found)
    assert "锁一小时" in found.fix


def test_a_secret_of_another_corp_is_named(tmp_path):
    answer = {"errcode": 40091, "errmsg": "provider_secret is invalid"}
    assert "别的企业" in scripted(tmp_path, "wecom.secret", answer).cause


def test_the_egress_address_to_trust_is_printed(tmp_path):
    """60020 comes with the address WeCom saw; that one has to be pasted."""
    refused = {
        "errcode": 60020,
        "errmsg": "not allow to access from your ip, hint: [x], from ip:"
        " 203.0.113.77, more info at https://open.work.weixin.qq.com/devtool/query?e=60020",
    }
    granted = {"errcode": 0, "errmsg": "ok", "access_token": "T" * 40, "expires_in": 7200}
    found = scripted(tmp_path, "wecom.app", granted, refused)
    assert found.verdict is Verdict.BAD
    assert "203.0.113.77" in found.seen
    assert "企业可信IP，加上 203.0.113.77" in found.fix


def test_the_fake_names_its_caller_in_the_same_way(tmp_path):
    def deny(company: Company) -> None:
        strikes = company.chaos.strikes
        company.chaos.strikes = lambda p, f: f == "ip_denied" or strikes(p, f)

    assert "127.0.0.1" in told(asked(tmp_path, "wecom.secret", deny))


def test_an_agent_id_of_another_app_is_named(tmp_path):
    assert (
        "AgentId 和 Secret 不是同一个应用" in asked(tmp_path, "wecom.app", agent_id=1000009).cause
    )


def test_an_app_that_is_switched_off_or_open_to_nobody_is_named(tmp_path):
    def close(company: Company) -> None:
        company.wecom.agent.closed = True

    def empty(company: Company) -> None:
        company.wecom.agent.visible = set()

    assert "停用" in asked(tmp_path, "wecom.app", close).seen
    assert "可见范围是空的" in asked(tmp_path, "wecom.app", empty).seen


def test_colleagues_outside_the_visible_range_are_named(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/jianliu.db")
    upgrade(database)

    def hire(db) -> None:
        for person, name in (("zhangsan", "张三"), ("wangwu", "[/]王五")):
            db.execute(
                insert(Person).values(
                    id=person, name=name, role="rep", region="", status="active", created_at=NOW
                )
            )
            db.execute(
                insert(Identity).values(
                    id=person,
                    person_id=person,
                    platform="wecom",
                    tenant=CORP,
                    account=person,
                    created_at=NOW,
                )
            )

    database.writer.run(hire)
    database.close()
    found = asked(tmp_path, "wecom.app")
    assert found.verdict is Verdict.WARN
    assert found.seen == "1 位同事不在可见范围里：[/]王五"


OURS = [{"type": "click", "name": name, "key": key, "sub_button": []} for name, key in MENU]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"errcode": 0, "errmsg": "ok", "button": OURS}, Verdict.GOOD),
        ({"errcode": 0, "errmsg": "ok", "button": OURS[:1]}, Verdict.WARN),
        ({"errcode": 46003, "errmsg": "menu no exist"}, Verdict.WARN),
        ({"errcode": 60020, "errmsg": "not allow, from ip: 203.0.113.7"}, Verdict.SKIPPED),
    ],
)
def test_a_menu_that_is_not_ours_is_named(tmp_path, answer, verdict):
    granted = {"errcode": 0, "errmsg": "ok", "access_token": "T" * 40, "expires_in": 7200}
    found = scripted(tmp_path, "wecom.menu", granted, answer)
    assert found.verdict is verdict
    assert ("菜单不是建流的" in found.seen) is (verdict is Verdict.WARN)


def test_a_trusted_domain_that_is_another_host_is_named(tmp_path):
    found = asked(tmp_path, "wecom.domain", server=Server(public_url="https://bot.example.com"))
    assert found.verdict is Verdict.WARN
    assert "可信域名，填 bot.example.com" in found.fix
    same = Server(public_url="http://127.0.0.1:8787")
    assert asked(tmp_path, "wecom.domain", server=same).verdict is Verdict.GOOD


def test_one_wrong_secret_is_tried_once_and_reported_once(tmp_path):
    """Ten wrong tries lock our address out for an hour."""

    async def look(company: Company, base: str) -> dict[str, Finding]:
        section = wecom(api_base=base, oauth_base=base, secret="another-secret-of-the-app")
        names = ("wecom.secret", "wecom.app", "wecom.menu")
        found = await examined(settings(tmp_path, wecom=section), *names)
        assert company.wecom._tokens._wrong == 1
        return found

    verdicts = {name: one.verdict for name, one in at_company(look).items()}
    assert verdicts == {"wecom.secret": Verdict.BAD, "wecom.app": Verdict.SKIPPED,
                        "wecom.menu": Verdict.SKIPPED}  # fmt: skip


@pytest.mark.parametrize("name", ["dingtalk.secret", "dingtalk.gateway"])
def test_wrong_credentials_of_dingtalk_are_named(tmp_path, name):
    found = asked(tmp_path, name, client_secret="another-secret-of-the-app")
    assert found.verdict is Verdict.BAD
    assert "Client Secret 不对" in found.cause
    assert "凭证与基础信息" in found.fix


@pytest.mark.parametrize(
    ("name", "scope"),
    [("dingtalk.robot", "qyapi_robot_sendmsg"), ("dingtalk.cards", "Card.Instance.Write")],
)
def test_the_permission_to_apply_for_is_named(tmp_path, name, scope):
    found = asked(tmp_path, name, lambda company: company.dingtalk.org.missing_scopes.add(scope))
    assert found.verdict is Verdict.BAD
    assert f"缺少权限 {scope}" in found.seen
    assert f"申请 {scope}" in found.fix


def test_a_robot_code_of_another_robot_is_named(tmp_path):
    found = asked(tmp_path, "dingtalk.robot", robot_code="dinganotherrobot")
    assert "robot_code 不对" in found.cause


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"code": "robot.oto.notExist", "message": "x"}, "没有发布"),
        ({"code": "Forbidden.AccessDenied.ApiCountLimitForOrg", "message": "x"}, "次数用完了"),
        ({"code": "Forbidden.AccessDenied.IpNotInWhiteList", "message": "ip 203.0.113.9 is not"},
         "加上 203.0.113.9"),
    ],
)  # fmt: skip
def test_other_refusals_of_dingtalk_are_named(tmp_path, answer, words):
    granted = {"accessToken": "T" * 32, "expireIn": 7200}
    found = scripted(tmp_path, "dingtalk.robot", granted, answer, status=403)
    assert found.verdict is Verdict.BAD
    assert words in told(found)


def test_nothing_reaches_anybody_while_permissions_are_looked_at(tmp_path):
    async def look(company: Company, base: str) -> dict[str, Finding]:
        of = settings(tmp_path, dingtalk=dingtalk(api_base=base, oapi_base=base))
        found = await examined(of, "dingtalk.robot", "dingtalk.cards", "dingtalk.gateway")
        assert list(company.dingtalk._ground.phones) == []
        assert company.dingtalk.gateway.lines == []
        return found

    at_company(look)


def test_a_platform_nobody_answers_for_is_named(tmp_path):
    for name, section in (("wecom.secret", {"wecom": wecom()}),
                          ("dingtalk.secret", {"dingtalk": dingtalk()})):  # fmt: skip
        found = finding(settings(tmp_path, **section), name)
        assert found.verdict is Verdict.BAD
        assert "拒绝连接" in found.seen
        assert "出站" in found.fix


@pytest.mark.parametrize("name", ["wecom.secret", "dingtalk.secret"])
@pytest.mark.parametrize(("answer", "status"), [({}, 200), ({"x": 1}, 502)])
def test_an_answer_nobody_understands_is_never_good(tmp_path, name, answer, status):
    found = scripted(tmp_path, name, answer, status=status)
    assert found.verdict in {Verdict.BAD, Verdict.WARN}
    assert "拒绝连接" not in found.seen


def test_a_missing_card_template_is_a_hint_and_not_a_problem(tmp_path):
    found = finding(settings(tmp_path, dingtalk=dingtalk(templates={})), "dingtalk.cards")
    assert found.verdict is Verdict.WARN
    odd = finding(settings(tmp_path, dingtalk=dingtalk(templates={"card": "x"})), "dingtalk.cards")
    assert ".schema" in odd.cause


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [(0, Verdict.GOOD), (45, Verdict.WARN), (-45, Verdict.WARN), (400, Verdict.BAD),
     (-400, Verdict.BAD)],
)  # fmt: skip
def test_a_clock_that_is_wrong_is_seen_by_the_platforms_date(tmp_path, ahead, verdict):
    async def answer(_: Request) -> Response:
        at = datetime.now(UTC) - timedelta(seconds=ahead)
        return PlainTextResponse("", headers={"date": format_datetime(at, usegmt=True)})

    async def run() -> Finding:
        app = Starlette(routes=[Route("/", answer, methods=["HEAD", "GET"])])
        async with served(app, date_header=False) as port:
            of = settings(tmp_path, wecom=wecom(api_base=f"http://127.0.0.1:{port}"))
            return (await examined(of, "clock"))["clock"]

    found = asyncio.run(run())
    assert found.verdict is verdict, found
    if abs(ahead) > 100:
        assert "快" in found.seen if ahead > 0 else "慢" in found.seen


def test_http_mode_is_tried_at_the_public_address(tmp_path):
    async def run(status: int) -> Finding:
        async def answer(_: Request) -> Response:
            return PlainTextResponse("signature", status)

        app = Starlette(routes=[Route("/dingtalk/robot", answer, methods=["POST"])])
        async with served(app) as port:
            of = settings(
                tmp_path,
                dingtalk=dingtalk(mode="http"),
                server=Server(public_url=f"http://127.0.0.1:{port}"),
            )
            return (await examined(of, "dingtalk.address"))["dingtalk.address"]

    assert asyncio.run(run(401)).verdict is Verdict.GOOD
    assert asyncio.run(run(404)).verdict is Verdict.BAD


def test_a_company_with_a_smart_bot_only_is_asked_for_nothing_of_an_app(tmp_path):
    bot = WeComBotSettings(bot_id="bot1", secret="s" * 20)
    of = settings(tmp_path, dingtalk=None, wecom=WeComSettings(corp_id="wwcorp", bot=bot))
    names = ("wecom.secret", "wecom.app", "wecom.menu", "wecom.callback", "config.keys")
    found = asyncio.run(examined(of, *names))
    assert {one.verdict for one in found.values()} == {Verdict.SKIPPED}
