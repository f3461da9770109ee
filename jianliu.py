"""The command `jianliu`: finds the product's folders, wherever it is installed.

A wheel keeps them under one private directory, because names such as `scheduler` belong to
many distributions (docs/decisions/0005). In a checkout they lie beside this file.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path


def find() -> None:
    """Make the product's folders importable."""
    private = Path(__file__).with_name("_jianliu")
    if private.is_dir() and str(private) not in sys.path:
        sys.path.insert(0, str(private))


def main() -> None:
    """Run the command line; exits with its status."""
    find()
    gc.disable()  # a start keeps all it makes: looking for what it does not need is a tenth of it
    from bot.cli import main as run

    gc.enable()
    run()


if __name__ == "__main__":
    main()
