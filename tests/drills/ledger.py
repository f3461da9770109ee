"""The comparison every drill ends with: what came in, what the database holds, what went out.

- Every event that was acknowledged has one inbox row that is done, and one effect (I1, I8).
- What an event caused was posted with it, and everything posted came to an end (I2).
- Whatever is done reached the platform at least once; the platform never got a message that
  we did not commit, and each repetition was the same bytes (I2, I3).
- One person's messages of one urgency arrive in the order in which they were said.
- Each message is on its phone once: the platform knows repetitions by their bytes.
"""

import json
from collections import Counter, defaultdict

from sqlalchemy import text

from engine.jobs import JOB, State

SENT_BY_US = ("touser", "agentid", "enable_id_trans", "enable_duplicate_check")
"""What the WeCom client adds to a stored request."""
FAILED = (State.DEAD, State.UNCERTAIN)


class Books:
    """The rows of a database a comparison needs; read when nothing moves any more."""

    def __init__(self, db):
        self.jobs = db.execute(JOB.select().order_by(JOB.c.id)).all()
        self.effects = db.execute(
            text("SELECT c.name, o.flow FROM opportunity o JOIN customer c ON c.id = o.customer_id")
        ).all()
        self.causes = db.execute(
            text("SELECT cause FROM audit WHERE action = 'opportunity.created'")
        ).scalars().all()  # fmt: skip
        self.counted = db.execute(
            text("SELECT action, subject_id FROM audit WHERE action LIKE 'drill.%'")
        ).all()
        self.deliveries = dict(db.execute(text("SELECT id, account FROM delivery")).all())

    @property
    def inbox(self):
        return [job for job in self.jobs if job.lane == "inbox"]

    @property
    def outbox(self):
        return [job for job in self.jobs if job.lane.startswith("outbox:")]


def compare(books, wire, phones, *, names, dead=(), failed=0, open_lanes=()):
    """What is wrong, in words; nothing if the books balance.

    `names` are the new customers of the acknowledged lines, one each. Those in `dead` were
    meant to fail and have an incident instead. `failed` messages may have failed to go out.
    """
    return [
        *_came_in(books, set(names), set(dead)),
        *_was_counted(books),
        *_came_to_an_end(books, len(dead), failed, open_lanes),
        *_went_out(books, wire),
        *_arrived(books, phones, names),
    ]


def _came_in(books, names, dead):
    made = Counter(name for name, _ in books.effects)
    for name in names:
        if made[name] != (name not in dead):
            yield f"{name}: {made[name]} effects"
    if len(books.causes) != len(books.effects) or len(set(books.causes)) != len(books.causes):
        yield f"{len(books.effects)} opportunities, {len(books.causes)} audit rows"
    answered = Counter(job.payload.get("cause") for job in books.outbox)
    for job in books.inbox:
        said = job.payload["kind"] == "text"  # a press may leave its card as it is
        if said and job.state == State.DONE and answered[f"E{job.id}"] == 0:
            yield f"event {job.id}: done, and nothing was said"
    known = Counter(said.split()[-1] for job in books.inbox if (said := job.payload.get("text")))
    yield from (f"{name}: acknowledged, not stored" for name in names if not known[name])


def _was_counted(books):
    for what, times in Counter(tuple(row) for row in books.counted).items():
        if times != 1:
            yield f"{what} happened {times} times"


def _came_to_an_end(books, dead, failed, open_lanes):
    for job in books.jobs:
        if job.state in {State.OPEN, State.LEASED} and job.lane not in open_lanes:
            yield f"job {job.id} of {job.lane} is {State(job.state).name}: {job.last_error}"
    lost = [job for job in books.jobs if job.state in FAILED]
    if len(lost) != dead + failed:
        yield f"{len(lost)} dead or uncertain: {[(job.lane, job.last_error) for job in lost]}"


def _went_out(books, wire):
    """Committed is what has a stored request; the first job of a delivery sends, others change."""
    sends, changes = _committed(books)
    bodies, taken = defaultdict(set), {}
    for n, sent in enumerate(wire.sent):
        known = _asked(sent)
        bodies[known].add(sent.body)
        if sent.taken:
            taken.setdefault(known, n)
    yield from (f"sent, never committed: {known[:200]}" for known in bodies.keys() - sends.keys())
    for changed in wire.changed:
        body = changed.content
        if _line(body.get("template_card") or body.get("cardData")) not in changes:
            yield f"changed, never committed: {changed.body[:200]}"
    firsts = {}
    for known, job in sends.items():
        first = firsts.setdefault(job.payload["delivery"], job)
        if job is first and job.state == State.DONE and known not in taken:
            yield f"job {job.id} is done and the platform never saw it"
        if len(bodies[known]) > 1:
            yield f"job {job.id} was sent in {len(bodies[known])} different ways"
    yield from _out_of_order(sends, taken)


def _committed(books):
    """The first request of each kind that was stored, by its line; the lines of all changes."""
    sends, changes = {}, set()
    for job in books.outbox:
        if "request" in job.payload:
            delivery, request = job.payload["delivery"], job.payload["request"]
            sends.setdefault(_request(books.deliveries[delivery], request), job)
            changes.add(_line(request.get("update") or request.get("card")))
    return sends, changes


def _out_of_order(sends, taken):
    latest = {}
    for known, job in sends.items():
        to, at = (job.lane, job.order_key, job.urgency), taken.get(known, -1)
        if 0 <= at < latest.get(to, -1):
            yield f"job {job.id} overtook an older message to the same person"
        latest[to] = max(at, latest.get(to, -1))


def _arrived(books, phones, names):
    copies = Counter(message.ref for message in phones if message.outgoing and message.ref)
    for ref, times in copies.items():
        if times > 1:
            yield f"{ref} is on the phone {times} times"
        if ref not in books.deliveries:
            yield f"{ref} is on a phone and not in the database"
    texts = Counter(
        (message.account, message.kind, _line(message.wire))
        for message in phones
        if message.outgoing
    )
    for (account, _, shown), times in texts.items():
        if times > 1 and any(name in shown for name in names):  # an incident is just an incident
            yield f"{account} got {times} times: {shown[:120]}"


def _line(part):
    return json.dumps(part, sort_keys=True, ensure_ascii=False)


def _request(account, request):
    """A stored request as one line; DingTalk's card is known by its own number."""
    if "outTrackId" in request:
        return f"card {request['outTrackId']}"
    return f"{account} {_line({k: v for k, v in request.items() if k != 'update'})}"


def _asked(sent):
    """A request as the platform got it, in the same form."""
    body = sent.content
    if "outTrackId" in body:
        return f"card {body['outTrackId']}"
    if "touser" in body:
        return _request(
            body["touser"], {name: part for name, part in body.items() if name not in SENT_BY_US}
        )
    request = {"msgKey": body["msgKey"], "msgParam": json.loads(body["msgParam"])}
    return _request(body["userIds"][0], request)
