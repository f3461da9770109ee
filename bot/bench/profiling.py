"""`bench callbacks --profile`: where the loop's thread and the writer's thread spend time."""

from __future__ import annotations

import io
import pstats
import tempfile
from pathlib import Path

from bot.bench import company
from bot.bench.company import App
from bot.bench.messages import Supply
from bot.bench.product import product
from bot.bench.subject import WARM_LINES, WARM_UP, Subject
from bot.bench.yardsticks import SCRIPT

SHOWN = 30
"""Functions listed per thread."""
LAUNCHER = Path(__file__).with_name("profiled.py")


def run(folder: Path, seconds: float) -> str:
    """Load the profiled product; keep `loop.prof` and `writer.prof` in `folder`, list the top.

    The profiler slows every call down, so only shares mean anything.

    Raises:
        BenchFailed: an answer was not 200, or the server did not run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    app = App.made()
    command = (*SCRIPT, str(LAUNCHER), str(folder))
    with tempfile.TemporaryDirectory(prefix="jianliu-bench-") as made:
        url = f"sqlite:///{made}/jianliu.db"
        company.plant(url, app)
        with product(Path(made), url, app, command=command) as server:
            subject = Subject("jianliu", server, Supply(app))
            subject.saturate(WARM_UP, WARM_LINES)
            subject.saturate(seconds)
    return "\n".join(_top(folder / f"{thread}.prof") for thread in ("loop", "writer"))


def _top(path: Path) -> str:
    text = io.StringIO()
    pstats.Stats(str(path), stream=text).strip_dirs().sort_stats("tottime").print_stats(SHOWN)
    return f"{path.name}\n{text.getvalue()}"
