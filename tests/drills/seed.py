"""One seed for a whole run: what fails can be run again with `DRILLS_SEED=…`."""

import os
import zlib
from random import Random, SystemRandom

LONG = bool(os.environ.get("DRILLS"))
"""Whether this is `make drills`: all of it, and for minutes instead of seconds."""
SLOWER = 2 if LONG else 10
"""Drills run beside others, short ones beside any test: a loaded machine is slow, not wrong."""


def _seed() -> int:
    """The given one; in CI always the same; else one that all workers of this run agree on."""
    if given := os.environ.get("DRILLS_SEED"):
        return int(given)
    if "CI" in os.environ:
        return 20261123
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return zlib.crc32(run.encode()) if run else SystemRandom().randrange(10**9)


SEED = _seed()


def forms(short, *longer):
    """The parameters of a drill: its short form and, in `make drills`, the longer ones too."""
    return [short, *(longer if LONG else ())]


def chance(about: str) -> Random:
    """The random choices of one drill; they do not depend on which drills ran before."""
    return Random(f"{SEED}/{about}")
