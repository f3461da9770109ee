"""The vault: only the right key opens it, and what was erased nobody opens (PIPL art. 47, 51)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from engine import vault
from engine.masking import plain_digits
from engine.sealing import WrongKey, bound, seal, unseal
from engine.unit import Unit
from engine.vault import ENTRY, KEY, Destroyed, State, Vault, VaultEntry, VaultKey

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WANG, LI = ("contact", "wang"), ("contact", "li")
PHONE = "+86 138-0013-8000"


@pytest.fixture
def db(database):
    with database.engine.connect() as connection, connection.begin() as begun:
        yield Unit(connection)
        begun.rollback()


@pytest.fixture
def ours(db):
    made = Vault(bytes(32))
    made.sign_in(db)
    made.keep(db, WANG, {"name": "王建国", "phone": PHONE, "email": "Wang@Valve.example"}, now=NOW)
    return made


def stored(db):
    """Everything the two tables hold, as text."""
    return str([db.execute(select(*columns)).all() for columns in (KEY, ENTRY)])


def test_what_is_kept_is_read_again_and_stands_nowhere_in_clear(db, ours):
    assert ours.read(db, WANG) == {
        "name": "王建国", "phone": PHONE, "email": "Wang@Valve.example"
    }  # fmt: skip
    for word in ("王建国", PHONE, "13800138000", "Wang", "valve"):
        assert word not in stored(db)
    assert ours.read(db, LI) == {}
    assert vault.state(db, LI) is None


def test_a_field_kept_again_takes_the_new_value_and_is_found_by_it(db, ours):
    ours.keep(db, WANG, {"phone": "13900139000"}, now=NOW)
    assert ours.read(db, WANG)["phone"] == "13900139000"
    assert ours.find(db, "contact", "phone", "13900139000") == ["wang"]
    assert ours.find(db, "contact", "phone", PHONE) == []


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("phone", "13800138000"),
        ("phone", "８６ 138 0013 8000"),
        ("phone", "0086138\u200b00138000"),
        ("email", "wang@valve.example"),
        ("email", " ＷＡＮＧ＠valve.example"),
    ],
)
def test_a_number_or_address_is_found_however_it_is_written(db, ours, field, words):
    assert ours.find(db, "contact", field, words) == ["wang"]
    assert ours.find(db, "person", field, words) == []


@pytest.mark.parametrize(
    ("field", "words"), [("name", "王建国"), ("phone", "没有"), ("phone", "13800138001")]
)
def test_nobody_is_found_by_anything_else(db, ours, field, words):
    assert ours.find(db, "contact", field, words) == []


def test_one_value_sealed_twice_looks_different(db, ours):
    ours.keep(db, LI, {"phone": PHONE}, now=NOW)
    sealed = db.execute(select(ENTRY.sealed).where(ENTRY.field == "phone")).scalars().all()
    assert len(set(sealed)) == 2
    assert ours.find(db, "contact", "phone", PHONE) == ["li", "wang"]


def test_erasing_leaves_a_tombstone_and_nothing_to_read_find_or_write(db, ours):
    letter = ours.seal(db, WANG, "request", "电话 13800138000")
    assert ours.unseal(db, WANG, "request", letter) == "电话 13800138000"
    assert vault.destroy(db, WANG, now=NOW)
    assert not vault.destroy(db, WANG, now=NOW)
    assert vault.state(db, WANG) is State.DESTROYED
    assert ours.read(db, WANG) == {}
    assert ours.find(db, "contact", "phone", PHONE) == []
    assert db.execute(select(KEY.wrapped)).scalar_one() == ""
    assert db.execute(select(ENTRY.field)).all() == []
    for attempt in (
        lambda: ours.unseal(db, WANG, "request", letter),
        lambda: ours.seal(db, WANG, "request", "x"),
        lambda: ours.keep(db, WANG, {"name": "又来"}, now=NOW),
    ):
        with pytest.raises(Destroyed):
            attempt()
    assert vault.destroyed(db, "contact") == [("wang", NOW)]
    assert vault.destroyed(db, "person") == []


def test_freezing_keeps_everything_and_can_be_undone_but_not_on_the_erased(db, ours):
    assert vault.freeze(db, WANG, since=NOW)
    assert vault.state(db, WANG) is State.FROZEN
    assert ours.read(db, WANG)["name"] == "王建国"
    assert vault.freeze(db, WANG, since=None)
    assert vault.state(db, WANG) is State.KEPT
    vault.destroy(db, WANG, now=NOW)
    assert not vault.freeze(db, WANG, since=NOW)


def test_nothing_sealed_opens_elsewhere(db, ours):
    ours.keep(db, LI, {"name": "李"}, now=NOW)
    name = db.execute(select(ENTRY.sealed).where(ENTRY.field == "name", ENTRY.subject_id == "wang"))
    letter = ours.seal(db, WANG, "request", "x")
    with pytest.raises(WrongKey):
        ours.unseal(db, WANG, "other", letter)
    with pytest.raises(WrongKey):
        ours.unseal(db, LI, "request", letter)
    db.execute(update(VaultEntry).where(ENTRY.field == "email").values(sealed=name.scalar_one()))
    with pytest.raises(WrongKey):
        ours.read(db, WANG)
    wrapped = db.execute(select(KEY.wrapped).where(KEY.subject_id == "wang")).scalar_one()
    db.execute(update(VaultKey).where(KEY.subject_id == "li").values(wrapped=wrapped))
    with pytest.raises(WrongKey):
        ours.read(db, LI)


def test_another_master_key_is_told_apart_and_opens_nothing(db, ours):
    other = Vault(b"\1" * 32)
    with pytest.raises(WrongKey):
        other.sign_in(db)
    ours.sign_in(db)
    with pytest.raises(WrongKey):
        other.read(db, WANG)
    assert other.find(db, "contact", "phone", PHONE) == []
    assert vault.fingerprint(db) == ours.fingerprint
    assert ours.fingerprint != bytes(32).hex()


def test_a_master_key_has_32_bytes():
    with pytest.raises(ValueError, match="32"):
        Vault(b"short")


def test_a_new_master_key_takes_over_everything_but_the_erased(db, ours):
    ours.keep(db, LI, {"name": "李"}, now=NOW)
    vault.destroy(db, LI, now=NOW)
    heir = Vault(b"\1" * 32)
    assert ours.hand_over(db, heir) == 1
    heir.sign_in(db)
    assert heir.read(db, WANG)["phone"] == PHONE
    assert heir.find(db, "contact", "phone", "13800138000") == ["wang"]
    assert db.execute(select(ENTRY.sought).where(ENTRY.field == "name")).scalar_one() == ""
    with pytest.raises(WrongKey):
        ours.sign_in(db)
    with pytest.raises(WrongKey):
        ours.read(db, WANG)


def test_a_sealed_thing_that_was_changed_is_refused():
    sealed = seal(bytes(32), b"x", bound("a", "b"))
    assert unseal(bytes(32), sealed, bound("a", "b")) == b"x"
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    with pytest.raises(WrongKey):
        unseal(bytes(32), changed, bound("a", "b"))
    assert bound("a", "b") != bound("ab", "")


def test_numbers_have_one_form():
    assert vault.normalised("phone", PHONE) == plain_digits("13800138000")
    assert vault.normalised("phone", "021-55667788") == "02155667788"
    assert vault.normalised("name", "王") == ""


def test_something_large_is_sealed_under_its_subject_and_goes_with_it(db, ours):
    sheet = "王建国,13800138000".encode() * 1000
    sealed = ours.seal_bytes(db, WANG, "sheet", sheet, now=NOW)
    assert "王建国".encode() not in sealed
    assert ours.unseal_bytes(db, WANG, "sheet", sealed) == sheet
    vault.destroy(db, WANG, now=NOW)
    with pytest.raises(Destroyed):
        ours.unseal_bytes(db, WANG, "sheet", sealed)
