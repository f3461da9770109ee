"""`jianliu …` for the benchmark's company, where a few senders write as much as a whole city.

Run as a script. Everything is the product's own but how much one person may send.
"""

from __future__ import annotations

import jianliu

UNHEARD_OF = 1e9


def lift() -> None:
    """Let everybody send as much as they like."""
    jianliu.find()
    from bot import rates

    rates.by_rule = lambda *_: rates.Rate(UNHEARD_OF, UNHEARD_OF)


if __name__ == "__main__":
    lift()
    jianliu.main()
