"""The yardstick: what a good developer writes in an afternoon, with the usual libraries.

FastAPI, wechatpy for the envelope and the messages, one SQLModel session and one durable
commit per request, an encrypted answer. Run as a script; settings come as PLAIN_… variables.
"""

import os
import sys
import uuid
from datetime import UTC, datetime

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from sqlalchemy import create_engine
from sqlalchemy.event import listens_for
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, select
from wechatpy.enterprise import create_reply, parse_message
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

CRYPTO = WeChatCrypto(
    os.environ["PLAIN_TOKEN"], os.environ["PLAIN_AES_KEY"], os.environ["PLAIN_CORP"]
)


def new_id():
    return uuid.uuid4().hex


def now():
    return datetime.now(UTC)


class Person(SQLModel, table=True):
    __tablename__ = "plain_person"
    id: str = Field(default_factory=new_id, primary_key=True)
    account: str = Field(unique=True)
    name: str


class Customer(SQLModel, table=True):
    __tablename__ = "plain_customer"
    id: str = Field(default_factory=new_id, primary_key=True)
    name: str = Field(index=True)
    owner_id: str = Field(foreign_key="plain_person.id", index=True)
    created_at: datetime = Field(default_factory=now)


class Opportunity(SQLModel, table=True):
    __tablename__ = "plain_opportunity"
    id: str = Field(default_factory=new_id, primary_key=True)
    message_id: str = Field(unique=True)
    customer_id: str = Field(foreign_key="plain_customer.id", index=True)
    introducer_id: str = Field(foreign_key="plain_customer.id")
    owner_id: str = Field(foreign_key="plain_person.id", index=True)
    created_at: datetime = Field(default_factory=now)


class Event(SQLModel, table=True):
    __tablename__ = "plain_event"
    id: int | None = Field(default=None, primary_key=True)
    opportunity_id: str = Field(foreign_key="plain_opportunity.id", index=True)
    actor: str
    action: str
    created_at: datetime = Field(default_factory=now)


class Outgoing(SQLModel, table=True):
    __tablename__ = "plain_outgoing"
    id: int | None = Field(default=None, primary_key=True)
    account: str
    text: str
    sent: bool = Field(default=False, index=True)
    created_at: datetime = Field(default_factory=now)


def connect(url):
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 30})

    @listens_for(engine, "connect")
    def pragmas(connection, _):
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # reads first, then writes

    return engine


ENGINE = connect(os.environ["PLAIN_DATABASE"])
app = FastAPI()


@app.post("/wecom/callback")
async def callback(request: Request, msg_signature: str, timestamp: str, nonce: str):
    try:
        xml = CRYPTO.decrypt_message(await request.body(), msg_signature, timestamp, nonce)
    except InvalidSignatureException:
        raise HTTPException(403) from None
    message = parse_message(xml)
    # Here, not in a thread: SQLite has one writer, and threads waiting for it were slower.
    with Session(ENGINE) as db:
        answer = handle(db, message)
    sealed = CRYPTO.encrypt_message(create_reply(answer, message).render(), nonce, timestamp)
    return Response(sealed, media_type="text/xml")


def handle(db, message):
    person = db.exec(select(Person).where(Person.account == message.source)).first()
    if person is None:
        return "请先绑定账号"
    command, introducer_name, name = message.content.split(maxsplit=2)
    introducer = db.exec(select(Customer).where(Customer.name == introducer_name)).first()
    if command != "/商机" or introducer is None:
        return "没有这个老客户"
    customer = Customer(name=name, owner_id=person.id)
    opportunity = Opportunity(
        message_id=str(message.id), customer_id=customer.id, introducer_id=introducer.id,
        owner_id=person.id,
    )  # fmt: skip
    db.add_all([customer, opportunity])
    try:
        db.flush()
    except IntegrityError:
        return "已经登记过了"
    text = f"商机已登记：{name}"
    db.add(Event(opportunity_id=opportunity.id, actor=person.id, action="opportunity.created"))
    db.add(Outgoing(account=person.account, text=text))
    db.commit()
    return text


def plant():
    SQLModel.metadata.create_all(ENGINE)
    with Session(ENGINE) as db:
        people = [Person(account=a, name=a) for a in os.environ["PLAIN_SENDERS"].split(",")]
        db.add_all(people)
        db.flush()
        db.add(Customer(name=os.environ["PLAIN_INTRODUCER"], owner_id=people[0].id))
        db.commit()


if __name__ == "__main__":
    plant()
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
