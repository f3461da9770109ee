"""The made-up companies: many, all different, none near another for the product."""

import pytest

from bot.bench.names import COUNT, SYLLABLES, company
from sales import names

SAMPLE = range(3000)


def test_a_sample_of_companies_is_never_taken_for_one_another():
    stored = {}
    for number in SAMPLE:
        stem = names.forms(company(number)).stem
        near = {stored[key] for key in names.asked_keys(stem) if key in stored}
        assert near == set(), (company(number), [company(other) for other in near])
        stored |= dict.fromkeys(names.stored_keys(stem), number)


def test_every_own_character_sounds_different():
    heard = {names.sound(character) for character in SYLLABLES}
    assert len(heard) == len(SYLLABLES)


def test_a_name_that_does_not_exist_is_refused():
    assert company(COUNT - 1)
    with pytest.raises(ValueError, match="company names"):
        company(COUNT)
