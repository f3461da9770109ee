"""Where drills with real processes play: platforms here, services there, one ledger."""

import signal
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from statistics import quantiles

import httpx
from sqlalchemy import make_url, text

from bot.bench.names import company
from bot.inbox import _inbound
from bot.platforms.api import Inbound
from engine import deadlines
from engine.database import Database, postgres_reader, sqlite_reader
from engine.deadlines import Level, plan
from engine.slots import SLOT
from engine.unit import Unit
from tests.browser_kit import server
from tests.crash import corp as crash
from tests.crash.corp import Corp, until
from tests.crash.sealing import sealed
from tests.drills import launched, ledger
from tests.drills.process import Process, free_port
from tests.drills.wire import Wire

PATIENCE = 60.0


def named(what, count):
    """New customers of one drill: different words give names the product finds nothing alike in."""
    first = 20_000 + zlib.crc32(what.encode()) % 150 * 2000
    return [company(first + n) for n in range(count)]


def slowest(seconds):
    """The 99th percentile."""
    return quantiles(seconds, n=100)[98]


class Stage:
    """A corp, its platforms behind a `Wire`, its database, and any number of processes."""

    def __init__(self, folder, url):
        self.folder = folder
        self.corp = Corp(folder, free_port(), url)
        self.wire = Wire(self.corp.app)
        self.processes, self.names, self.latencies = [], [], []
        self._reader = None
        self._serial = 9_000_000

    def move(self, url):
        """From here on the processes that start, and we, look at another database."""
        self.corp.database = url
        self.configure()

    def configure(self):
        if self._reader is not None:
            self._reader.dispose()
        address = make_url(self.corp.database)
        self._reader = (sqlite_reader if self.embedded else postgres_reader)(address)
        self.corp.configure(self.platforms)

    @property
    def embedded(self):
        return self.corp.database.startswith("sqlite")

    def launch(self, role="all", *faults, port=None, constants=(), **mishaps):
        """Start one more process."""
        process = Process(self.folder, role, port or free_port(), dict(constants))
        self.processes.append(process)
        process.start(*faults, **mishaps)
        return process

    def ready(self):
        until(lambda: all(one.listening for one in self.processes), PATIENCE)

    def ask(self, question, **values):
        """Rows of the database, read beside the running service."""
        with self._reader.begin() as connection:
            return connection.execute(text(question), values).all()

    def count(self, what):
        return self.ask(f"SELECT count(*) FROM {what}")[0][0]

    @property
    def reached(self):
        """The failpoints that were passed."""
        notes = self.folder / "reached"
        return notes.read_text().split() if notes.exists() else []

    def line(self, name, rep, serial=None):
        """The XML of one message: a new customer is registered."""
        self._serial += serial is None
        app = self.corp.settings.wecom
        return (
            f"<xml><ToUserName>{app.corp_id}</ToUserName><AgentID>{app.agent_id}</AgentID>"
            f"<FromUserName>{rep}</FromUserName><MsgType>text</MsgType>"
            f"<CreateTime>{int(time.time())}</CreateTime><MsgId>{serial or self._serial}</MsgId>"
            f"<Content>/商机 某阀门制造 {name}</Content></xml>"
        )

    def event(self, name, rep="rep0"):
        """The same message as a web process stores it."""
        event = Inbound(
            platform="wecom", tenant=self.corp.settings.wecom.corp_id, event_key=name,
            account=rep, at=datetime.now(UTC), kind="text", text=f"/商机 某阀门制造 {name}",
        )  # fmt: skip
        return _inbound.dump_python(event, mode="json")

    def press(self, message, key, *, at):
        """The XML of one press on a message; another moment is another event."""
        app = self.corp.settings.wecom
        code = self.corp.wecom.messages.code_for_press(message)
        return (
            f"<xml><ToUserName>{app.corp_id}</ToUserName><AgentID>{app.agent_id}</AgentID>"
            f"<FromUserName>{message.account}</FromUserName><CreateTime>{at}</CreateTime>"
            "<MsgType>event</MsgType><Event>template_card_event</Event>"
            f"<EventKey>{key}</EventKey><TaskId>{message.ref}</TaskId>"
            f"<CardType>button_interaction</CardType><ResponseCode>{code}</ResponseCode></xml>"
        )

    def post(self, http, process, xml):
        """One delivery of a callback; the status, 0 if there was none."""
        query, body = sealed(self.corp.settings.wecom, xml)
        url = f"http://127.0.0.1:{process.port}/wecom/callback"
        try:
            return http.post(url, params=query, content=body).status_code
        except httpx.HTTPError:
            return 0

    def submit(self, http, name, rep, to):
        """As WeCom does, but without giving up: again until somebody acknowledges it."""
        xml, ends, n = self.line(name, rep), time.monotonic() + PATIENCE, 0
        while time.monotonic() < ends:
            began = time.monotonic()
            if self.post(http, to[n % len(to)], xml) == 200:
                self.latencies.append(time.monotonic() - began)
                self.names.append(name)
                return
            n += 1
            time.sleep(0.03)
        raise AssertionError(f"{name} was never taken")

    def submit_all(self, names, to=None, *, lines=6, rate=None):
        """All of them from `lines` phones; at most `rate` a second."""
        began, to = time.monotonic(), to or self.receivers
        numbered = list(enumerate(names))
        clients = [httpx.Client(trust_env=False, timeout=5) for _ in range(lines)]

        def phone(line):
            for n, name in numbered[line::lines]:
                if rate:
                    time.sleep(max(0.0, began + n / rate - time.monotonic()))
                rep = crash.REPS[n % len(crash.REPS)]
                self.submit(clients[line], name, rep, to[n % len(to) :] + to[: n % len(to)])

        with ThreadPoolExecutor(lines) as phones:
            list(phones.map(phone, range(lines)))
        for client in clients:
            client.close()

    @property
    def receivers(self):
        return [one for one in self.processes if one.role != "worker"]

    @contextmanager
    def submitting(self, names, **how):
        """Go on while they are submitted; their failure is ours."""
        with ThreadPoolExecutor(1) as aside:
            submitted = aside.submit(self.submit_all, names, **how)
            yield submitted
            submitted.result()

    @contextmanager
    def supervised(self, **mishaps):
        """Whoever dies is started again, as systemd would do it."""
        over = threading.Event()

        def watch():
            while not over.wait(0.02):
                for process in self.processes:
                    if not process.alive:
                        process.running.join()
                        process.start(**mishaps)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    def plant(self, *, deadlines_of=(), slots=0):
        """The company; deadlines that are due now (owners by subject); missed minutes."""
        self.corp.plant()
        database, now = Database(self.corp.database), datetime.now(UTC)

        def work(db):
            for subject, owner in deadlines_of:
                due = plan(now - timedelta(minutes=1), timedelta(), [Level(timedelta(), "now")])
                deadlines.open_(db, launched.KIND, ("thing", subject), due, owner=owner,
                                about=f"客户{subject}", now=now)  # fmt: skip
            if slots:
                begun = now.replace(second=0, microsecond=0) - timedelta(minutes=slots)
                db.execute(SLOT.insert().values(job=launched.JOB, slot_at=begun,
                                                outcome="begun", detail=""))  # fmt: skip

        database.writer.run(work)
        database.close()

    def settled(self, patience=0):
        """Wait until nothing that is due waits, and nobody holds anything.

        A person gets at most thirty messages a minute, so a thousand for eight take four.
        """
        patience = patience or PATIENCE + len(self.names) / 3

        def met():
            soon = int((time.time() + 90) * 1e6)
            return self.count(f"job WHERE state < 2 AND (state = 1 OR due < {soon})") == 0

        until(met, patience)

    def wrong(self, **how):
        """What the ledger says, when nothing moves any more."""
        for process in self.processes:
            process.kill()
        with self._reader.begin() as connection:
            books = ledger.Books(Unit(connection))
        return list(
            ledger.compare(books, self.wire, list(self.corp.phones), names=self.names, **how)
        )

    def close(self):
        for process in self.processes:
            process.signal(signal.SIGCONT)
            process.kill()
        self._reader.dispose()


@contextmanager
def stage(folder, url="", *, plant=True):
    """A stage whose processes are gone afterwards."""
    made = Stage(folder, url)
    with server(made.wire) as made.platforms:
        made.configure()
        if plant:
            made.plant()
        try:
            yield made
        finally:
            made.close()
