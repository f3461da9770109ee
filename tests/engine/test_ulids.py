"""Identities of rows: in order of time, never the same twice, not even in two processes."""

import multiprocessing
import sys
from datetime import UTC, datetime, timedelta

import pytest

from engine.ids import AT_ONCE, LENGTH, is_ulid, ulid

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_they_sort_by_time_and_never_repeat():
    made = [ulid(NOW) for _ in range(3 * AT_ONCE)]
    assert len(set(made)) == len(made)
    assert all(is_ulid(one) and len(one) == LENGTH for one in made)
    assert max(made) < ulid(NOW + timedelta(milliseconds=1))


def draw(answer):
    answer.put([ulid(NOW) for _ in range(8)])


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked there")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_draws_its_own():
    ulid(NOW)
    fork = multiprocessing.get_context("fork")
    answer = fork.SimpleQueue()
    child = fork.Process(target=draw, args=(answer,))
    child.start()
    theirs = answer.get()
    child.join()
    assert set(theirs).isdisjoint(ulid(NOW) for _ in range(AT_ONCE))
