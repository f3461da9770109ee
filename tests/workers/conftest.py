"""A deployment of several real processes on one PostgreSQL, its platforms in this process."""

import contextlib
import socket
import time

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

from tests import postgres_kit
from tests.browser_kit import server
from tests.crash.corp import Corp, Process, until
from tests.crash.sealing import sealed
from tests.workers import quick

PATIENCE = 60.0


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Deployment:
    """Two web and two worker processes of one corp, and what a test asks of them."""

    def __init__(self, corp):
        self.corp = corp
        self.ports = {}
        self.webs = [self.start("web"), self.start("web")]
        self.workers = [self.start("worker"), self.start("worker")]
        self._serial = 9_000_000

    def start(self, role, before=quick.short_leases):
        """One more process."""
        port = free_port()
        switches = ("--role", role, "--port", str(port))
        process = Process(self.corp.folder, *switches, before=before)
        self.ports[process] = port
        return process

    def ready(self):
        """Wait until every process answers."""
        until(lambda: all(map(self.listening, [*self.webs, *self.workers])), PATIENCE)
        until(lambda: len(self.calls("menu/create")) >= len(self.webs), PATIENCE)

    def calls(self, path):
        """What WeCom was asked under a path."""
        return [call for call in self.corp.wire.after() if path in call.summary]

    def listening(self, process):
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.ports[process])) == 0

    def stop(self):
        for process in self.ports:
            process.thaw()
            process.running.terminate()
        for process in self.ports:
            process.ended()

    def rows(self, question):
        """Rows of the database, read beside the running service."""
        url = make_url(self.corp.database).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as db:
            return db.execute(question).fetchall()

    def count(self, what):
        return self.rows(f"SELECT count(*) FROM {what}")[0][0]

    def xml(self, account, more, *, at=None):
        app = self.corp.settings.wecom
        return (
            f"<xml><ToUserName>{app.corp_id}</ToUserName><AgentID>{app.agent_id}</AgentID>"
            f"<FromUserName>{account}</FromUserName><CreateTime>{at or int(time.time())}"
            f"</CreateTime>{more}</xml>"
        )

    def line(self, account, text):
        """A text message, each with a MsgId of its own."""
        self._serial += 1
        content = f"<MsgType>text</MsgType><MsgId>{self._serial}</MsgId><Content>{text}</Content>"
        return self.xml(account, content)

    def press(self, account, ref, key, *, at):
        return self.xml(
            account,
            "<MsgType>event</MsgType><Event>template_card_event</Event>"
            f"<EventKey>{key}</EventKey><TaskId>{ref}</TaskId>"
            f"<CardType>button_interaction</CardType><ResponseCode>rc{at}</ResponseCode>",
            at=at,
        )

    def post(self, process, xml):
        """One delivery of a callback to one process; whether it was taken."""
        query, body = sealed(self.corp.settings.wecom, xml)
        url = f"http://127.0.0.1:{self.ports[process]}/wecom/callback"
        with contextlib.suppress(httpx.HTTPError):
            return httpx.post(url, params=query, content=body, trust_env=False).status_code == 200
        return False

    def brought(self, process, xml):
        """As WeCom does: again and again until it is taken."""
        until(lambda: self.post(process, xml), PATIENCE)

    def settled(self, among="TRUE"):
        """Wait until no job of those is open or leased."""
        until(lambda: self.count(f"job WHERE state < 2 AND {among}") == 0, PATIENCE)

    def cards(self, about):
        """The titles of the messages on WeCom phones that are about something."""
        wires = (message.wire for message in self.corp.phones if message.outgoing)
        titles = (str(wire.get("main_title", wire)) for wire in wires)
        return [title for title in titles if about in title]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, postgres_server):
    """Two web and two worker processes of a planted corp."""
    with postgres_kit.fresh(postgres_server) as url:
        corp = Corp(tmp_path_factory.mktemp("corp"), free_port(), url)
        corp.plant()
        with server(corp.app) as platforms:
            corp.configure(platforms)
            made = Deployment(corp)
            try:
                made.ready()
                yield made
            finally:
                made.stop()
