"""D19, D25, D26, D35: the pages and addresses of our own."""

from __future__ import annotations

import re

import httpx
import pytest

from bot.settings import Server

FIELDS = {"introducer": "某阀门制造", "name": "北方泵业"}
ELSEWHERE = ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)")


@pytest.fixture
def form(office):
    """The address of 张三's form."""
    [card] = office.says("张三", "/商机")
    return re.search(r"/h5/form/\w+", str(card["raw"])).group()


@pytest.fixture
def zhangsan(office):
    client = httpx.Client(base_url=office.address, follow_redirects=True, trust_env=False)
    client.cookies.set("sim_phone", "zhangsan")
    with client:
        yield client


def ticket(page):
    return re.search(r'name="ticket" value="([^"]+)"', page.text).group(1)


def test_d19_a_form_sets_what_it_asks_for_and_nothing_else(office, form, zhangsan):
    extra = {
        "owner_id": "lisi", "stage": "won", "id": "x", "is_admin": "true", "created_at": "1999",
        "score": "100", "same_as": "x", "confirmed": "true", "ref": "y", "key": "9.9",
    }  # fmt: skip
    zhangsan.post(form, data={"ticket": ticket(zhangsan.get(form)), **FIELDS, **extra})
    [made] = office.rows("opportunity")
    assert (made["owner_id"], made["stage"]) == ("zhangsan", "open")
    assert made["id"] != "x"
    assert not made["created_at"].startswith("1999")


def test_d19_a_file_in_place_of_a_name_is_no_name(office, form, zhangsan):
    """Once its Python text, `UploadFile(…)`, would have become the customer's name."""
    files = {"name": ("北方泵业.txt", b"x")}
    data = {"ticket": ticket(zhangsan.get(form)), "introducer": "某阀门制造"}
    page = zhangsan.post(form, data=data, files=files)
    assert page.status_code == 200
    assert office.rows("opportunity") == []
    assert "UploadFile" not in page.text + str(office.rows("job"))


def test_d25_a_post_from_another_page_without_ticket_or_cookie_is_refused(office, form, zhangsan):
    whole = ticket(zhangsan.get(form))
    with httpx.Client(base_url=office.address, trust_env=False) as stranger:
        assert stranger.post(form, data={"ticket": whole, **FIELDS}).status_code == 403
        plain = stranger.post(
            form, content=f"ticket={whole}", headers={"content-type": "text/plain"}
        )
        assert plain.status_code == 403
    assert zhangsan.post(form, data=FIELDS).status_code == 403
    assert (
        zhangsan.post(form, content="x", headers={"content-type": "text/plain"}).status_code == 403
    )
    assert office.rows("opportunity") == []


def test_d25_the_cookie_is_out_of_reach_of_scripts_and_other_sites(office, form, zhangsan):
    cookies = [
        one
        for step in [*zhangsan.get(form).history]
        for one in step.headers.get_list("set-cookie")
        if one.startswith("jianliu_")
    ]
    assert cookies
    for one in cookies:
        assert "HttpOnly" in one
        assert "SameSite=lax" in one
        assert re.search(r"Path=/h5/(form|login)/\w+", one)


def test_d25_a_state_is_good_for_the_browser_it_was_made_in_only(office, form, zhangsan):
    with httpx.Client(base_url=office.address, trust_env=False) as other:
        left = other.get(form)
        state = httpx.URL(left.headers["location"]).params["state"]
        login = form.replace("/form/", "/login/")
        assert zhangsan.get(login, params={"code": "x", "state": state}).status_code == 403


def test_d25_a_login_code_is_good_once(office, form):
    client = httpx.Client(base_url=office.address, trust_env=False)
    client.cookies.set("sim_phone", "zhangsan")
    with client:
        leave = client.get(form)
        back = client.get(leave.headers["location"])
        first = client.get(back.headers["location"])
        again = client.get(back.headers["location"])
    assert (first.status_code, again.status_code) == (303, 403)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_d26_nobody_is_sent_elsewhere(office, form, elsewhere):
    client = httpx.Client(base_url=office.address, trust_env=False)
    client.cookies.set("sim_phone", "zhangsan")
    with client:
        query = {"redirect": elsewhere, "redirect_uri": elsewhere, "next": elsewhere}
        leave = client.get(form, params=query)
        assert "evil" not in leave.headers["location"]
        back = client.get(leave.headers["location"])
        home = client.get(
            back.headers["location"], params={**back.next_request.url.params, **query}
        )
        assert home.headers["location"] == form
        for path in (f"/h5/login/{elsewhere}", f"/h5/form/{elsewhere}"):
            answer = client.get(path, params={"code": "x", "state": "y"})
            assert "evil" not in answer.headers.get("location", "")
            assert answer.status_code in {303, 307, 403, 404}


HIDDEN = (
    "/docs",
    "/redoc",
    "/openapi.json",
    "/admin",
    "/.git/config",
    "/config.toml",
    "/h5/static/",
    "/h5/static/../pages.py",
    "/h5/static/%2e%2e/pages.py",
    "/h5/templates/base.html",
    "/h5/",
)


@pytest.mark.parametrize("path", HIDDEN)
def test_d35_there_is_nothing_to_look_round_in(office, path):
    answer = office.http.get(path, headers={"x-forwarded-for": "203.0.113.7"})
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/wecom/callback", "/h5/form/x", "/healthz", "/metrics"])
@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND"])
def test_d35_methods_nobody_uses_do_nothing(office, method, path):
    if method == "CONNECT":
        pytest.skip("no path in a CONNECT")
    answer = office.http.request(method, path, headers={"x-secret-header": "mirror"})
    assert answer.status_code in {400, 404, 405}
    assert "mirror" not in answer.text


def test_d35_numbers_are_for_insiders(office):
    assert office.http.get("/metrics").status_code == 200
    for proxied in ("x-forwarded-for", "forwarded", "via", "x-real-ip"):
        assert office.http.get("/metrics", headers={proxied: "x"}).status_code == 404


def test_d35_nobody_else_is_let_in_by_default():
    """Bound to this machine, and no password or token that everybody knows."""
    assert Server().host == "127.0.0.1"
    assert Server().metrics_token.get_secret_value() == ""


def test_d35_every_answer_of_a_page_carries_the_policy(office, form, zhangsan):
    for path in (form, "/h5/form/nobody", form.replace("form", "login")):
        headers = zhangsan.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers
