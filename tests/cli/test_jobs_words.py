"""Cron expressions as people say them."""

import pytest

from bot.commands.jobs_words import rule_words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("* * * * *", "每分钟"),
        ("*/15 * * * *", "每 15 分钟"),
        ("7 * * * *", "每小时第 7 分"),
        ("5 9 * * *", "每天 09:05"),
        ("50 8 * * mon-fri", "周一到周五 08:50"),
        ("0 9 * * mon", "每周一 09:00"),
        ("0 9 5 * *", "每月 5 日 09:00"),
        ("0 9 1 1 *", "0 9 1 1 *"),
    ],
)
def test_a_rule_reads_as_people_say_it(expression, words):
    assert rule_words(expression) == words
