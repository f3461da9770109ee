"""The made-up companies: many, all different, none near another for the product."""

from collections import defaultdict

import pytest

from bot.bench.names import COUNT, SYLLABLES, company
from sales import names

SAMPLE = range(3000)


def test_a_sample_of_companies_is_never_taken_for_one_another():
    stored = defaultdict(list)
    for number in SAMPLE:
        stem = names.forms(company(number)).stem
        asked = names.keys(stem)
        assert [one for key in asked for one in stored[key] if names.near(one, stem)] == []
        for key in asked:
            stored[key].append(stem)


def test_every_own_character_sounds_different():
    heard = {names.sound(character) for character in SYLLABLES}
    assert len(heard) == len(SYLLABLES)


def test_a_name_that_does_not_exist_is_refused():
    assert company(COUNT - 1)
    with pytest.raises(ValueError, match="company names"):
        company(COUNT)
