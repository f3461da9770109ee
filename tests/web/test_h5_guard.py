"""The form page lets in one person, once (D15, D19, D25)."""

import re

import httpx
import pytest


@pytest.fixture
def form(office):
    """The address of 张三's form."""
    [card] = office.says("张三", "/商机")
    return re.search(r"/h5/form/\w+", str(card["raw"])).group()


def visitor(office, account):
    client = httpx.Client(base_url=office.address, follow_redirects=True, trust_env=False)
    client.cookies.set("sim_phone", account)
    return client


def ticket(page):
    return re.search(r'name="ticket" value="([^"]+)"', page.text).group(1)


FIELDS = {"introducer": "某阀门制造", "name": "北方泵业"}


def test_only_the_person_the_card_was_sent_to_gets_in(office, form):
    with visitor(office, "lisi") as lisi:
        assert lisi.get(form).status_code == 403
    with visitor(office, "zhangsan") as zhangsan:
        assert "谁介绍的" in zhangsan.get(form).text


def test_a_form_that_never_was_is_not_there(office):
    with visitor(office, "zhangsan") as zhangsan:
        assert zhangsan.get("/h5/form/01ARZ3NDEKTSV4RRFFQ69G5FAV").status_code == 404


def test_the_same_ticket_twice_leaves_one_opportunity(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        data = {"ticket": ticket(zhangsan.get(form)), **FIELDS}
        first, second = zhangsan.post(form, data=data), zhangsan.post(form, data=data)
    assert "OPP-20261123-0001" in first.text
    assert "OPP-20261123-0001" in second.text
    assert len(office.rows("opportunity")) == 1


def test_two_open_pages_leave_one_opportunity(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        one, other = ticket(zhangsan.get(form)), ticket(zhangsan.get(form))
        zhangsan.post(form, data={"ticket": one, **FIELDS})
        zhangsan.post(form, data={"ticket": other, **FIELDS, "name": "西方泵业"})
    assert len(office.rows("opportunity")) == 1


@pytest.mark.parametrize("forged", ["", "x", "W10.abc.def"])
def test_without_a_valid_ticket_nothing_is_taken(office, form, forged):
    with visitor(office, "zhangsan") as zhangsan:
        zhangsan.get(form)
        assert zhangsan.post(form, data={"ticket": forged, **FIELDS}).status_code == 403
    assert office.rows("opportunity") == []


def test_a_ticket_without_the_login_is_worth_nothing(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        stolen = ticket(zhangsan.get(form))
    with visitor(office, "lisi") as lisi:
        assert lisi.post(form, data={"ticket": stolen, **FIELDS}).status_code == 403


def test_a_login_that_did_not_start_here_is_refused(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        login = form.replace("/form/", "/login/")
        assert zhangsan.get(login, params={"code": "x", "state": "y"}).status_code == 403


def test_fields_that_are_not_on_the_form_are_ignored(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        extra = {"owner_id": "lisi", "confirmed": "true", "same_as": "x", "stage": "won"}
        zhangsan.post(form, data={"ticket": ticket(zhangsan.get(form)), **FIELDS, **extra})
    [opportunity] = office.rows("opportunity")
    assert (opportunity["owner_id"], opportunity["stage"]) == ("zhangsan", "open")


def test_the_options_are_only_those_this_person_may_see(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        query = {"field": "introducer", "typed": ""}
        assert zhangsan.get(f"{form}/options", params=query).status_code == 403
        zhangsan.get(form)
        offered = {o["text"] for o in zhangsan.get(f"{form}/options", params=query).json()}
    assert "恒信阀门" in offered
    assert "南粤阀业" not in offered


def test_pages_carry_a_strict_policy_and_nothing_is_documented_outside(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        policy = zhangsan.get(form).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    outside = {"x-forwarded-for": "203.0.113.7"}
    for path in ("/docs", "/openapi.json", "/redoc", "/metrics"):
        assert office.http.get(path, headers=outside).status_code == 404
    assert office.http.get("/healthz").json()["alive"] is True
    told = office.http.get("/readyz").json()
    assert (told["ready"], told["reasons"], told["stream"]["connected"]) == (True, [], True)
    assert office.http.get("/readyz", headers=outside).json() == {"ready": True}


def test_a_used_ticket_shows_the_form_again_instead_of_pretending(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        old = ticket(zhangsan.get(form))
        zhangsan.post(form, data={"ticket": old, **FIELDS, "name": "一"})
        page = zhangsan.post(form, data={"ticket": old, **FIELDS})
        assert "请核对后再点一次提交" in page.text
        assert 'value="北方泵业"' in page.text
        done = zhangsan.post(form, data={"ticket": ticket(page), **FIELDS})
    assert "OPP-20261123-0001" in done.text


def test_a_mistake_on_the_page_is_told_on_the_page_only(office, form):
    before = office.sees("张三")
    with visitor(office, "zhangsan") as zhangsan:
        page = zhangsan.post(
            form, data={"ticket": ticket(zhangsan.get(form)), **FIELDS, "name": "一"}
        )
    assert "2 到 60 个字" in page.text
    assert office.sees("张三") == before


def test_a_page_that_still_has_a_question_says_that_nothing_is_done_yet(office, form):
    with visitor(office, "zhangsan") as zhangsan:
        fields = {"ticket": ticket(zhangsan.get(form)), "introducer": "恒信", "name": "西部机电"}
        page = zhangsan.post(form, data=fields)
    assert "还没有建好" in page.text
    assert office.rows("opportunity") == []
