"""Several real processes on one PostgreSQL: killed, stopped, racing, and still exactly once."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.watchdog import EXIT_CODE
from tests.crash.corp import REPS, until
from tests.workers import quick

pytestmark = [pytest.mark.pg, pytest.mark.xdist_group("many"), pytest.mark.timeout(240)]
PICK = "/商机 恒信 西部机电"


def test_what_one_process_takes_another_delivers_at_once(deployment):
    """Web processes send nothing and workers hear nothing; NOTIFY bridges them."""
    began = time.monotonic()
    deployment.brought(deployment.webs[0], deployment.line("lisi", "你好"))
    until(lambda: deployment.cards("没听懂"))
    assert time.monotonic() - began < 4, "well below the five seconds of an idle look"


def test_four_processes_needed_one_token(deployment):
    assert len(deployment.calls("gettoken")) == 1


def test_a_stopped_process_is_overtaken_and_its_late_writes_are_refused(deployment):
    """The platform takes a message and never answers; whoever waits for it is stopped."""
    deployment.corp.chaos.order("wecom", "timeout", 1)
    deployment.brought(deployment.webs[1], deployment.line("lisi", "喂喂"))
    until(lambda: deployment.cards("喂喂"))
    for worker in deployment.workers:
        worker.freeze()  # one of them holds the lease; which one is its own business
    columns = "SELECT state, token, attempts, done_at FROM job"
    held = f"{columns} WHERE lane LIKE 'outbox:wecom%' ORDER BY id DESC LIMIT 1"
    [(state, token, *_)] = deployment.rows(held)
    assert state == 1
    time.sleep(2.2)  # the lease runs out
    deployment.workers.append(deployment.start("worker"))
    until(lambda: deployment.rows(held)[0][0] == 2)  # on a slow machine in a second attempt
    [done] = deployment.rows(held)
    assert done[1] > token
    for worker in deployment.workers:
        worker.thaw()
    time.sleep(1.5)  # the zombie learns how its sending ended, and nobody may believe it
    assert deployment.rows(held) == [done]
    assert len(deployment.cards("喂喂")) == 1


def test_a_handler_that_hangs_for_ever_costs_its_process_not_its_message(deployment):
    hanging = deployment.start("web", quick.hanging)
    until(lambda: deployment.listening(hanging))
    deployment.post(hanging, deployment.line("lisi", "挂住"))
    assert hanging.ended() == EXIT_CODE
    assert "watchdog.ended_the_process" in (deployment.corp.folder / "service.log").read_text()
    until(lambda: deployment.cards("没听懂「挂住」"))
    crashes = "SELECT crashes, state FROM job WHERE lane = 'inbox' ORDER BY id DESC LIMIT 1"
    assert deployment.rows(crashes) == [(1, 2)]


def test_kill_9_of_any_process_loses_nothing_and_doubles_nothing(deployment):
    lines = [deployment.line(REPS[n % 8], f"/商机 某阀门制造 批量客户{n:03d}号") for n in range(40)]

    def submit(xml):
        """As WeCom does: again until somebody takes it, here each time somewhere else."""
        until(lambda: deployment.post(random.choice(deployment.webs), xml), 60)
        deployment.post(random.choice(deployment.webs), xml)  # and once more, for good measure

    def work():
        with ThreadPoolExecutor(4) as people:
            list(people.map(submit, lines))

    submitting = threading.Thread(target=work)
    submitting.start()
    for victim in random.sample([*deployment.webs, *deployment.workers], 3):
        time.sleep(random.uniform(0.1, 0.4))
        victim.kill()
        victim.start()
    submitting.join()
    deployment.ready()
    deployment.settled("(lane = 'inbox' OR order_key LIKE 'rep%')")

    assert deployment.count("customer WHERE name LIKE '批量客户%'") == 40
    assert deployment.count("job WHERE state IN (3, 5)") == 0, "nothing dead, nothing uncertain"
    cards = Counter(deployment.cards("批量客户"))
    assert len(cards) == 40
    assert set(cards.values()) == {1}, "no card twice"


def test_twenty_presses_at_once_on_two_processes_have_one_result(deployment):
    """A pick card, pressed by twenty fingers; every press is an event of its own."""
    deployment.brought(deployment.webs[0], deployment.line("zhangsan", PICK))
    shown = (
        "SELECT d.id FROM delivery d JOIN card c ON c.id = d.card_id"
        " WHERE c.body LIKE '%西部机电%' AND d.state = 'shown' AND d.platform = 'wecom'"
    )
    until(lambda: deployment.rows(shown))
    ((ref,),) = deployment.rows(shown)
    now = int(time.time())
    presses = [deployment.press("zhangsan", ref, "1.0", at=now - n) for n in range(20)]
    with ThreadPoolExecutor(20) as fingers:
        webs = deployment.webs * 10
        list(fingers.map(deployment.brought, webs, presses))
    deployment.settled("lane = 'inbox'")
    assert deployment.count("opportunity o JOIN customer c ON c.id = o.customer_id"
                            " WHERE c.name = '西部机电'") == 1  # fmt: skip
    assert deployment.count("job WHERE state IN (3, 5)") == 0
