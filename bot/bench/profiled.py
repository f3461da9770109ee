"""`jianliu …` under the profiler: one file for the event loop's thread, one for the writer's.

Run as a script: profiled.py FOLDER run -c config.toml. Python before 3.12 is needed: since
then the profiler takes one thread for the whole process.
"""

from __future__ import annotations

import signal
import sys
import threading
from cProfile import Profile
from pathlib import Path

import jianliu

WRITER = "writer"
"""The name `engine.writer` gives its thread."""


def main() -> None:
    """Run the command line after FOLDER, leave `loop.prof` and `writer.prof` in FOLDER."""
    folder = Path(sys.argv.pop(1))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end in order: profiles are written
    loop, writer = Profile(), Profile()
    plain = threading.Thread.run

    def run(thread: threading.Thread) -> None:
        if thread.name == WRITER:
            writer.runcall(plain, thread)
        else:
            plain(thread)

    jianliu.find()
    from bot.bench.crowd import lift

    lift()
    setattr(threading.Thread, "run", run)  # noqa: B010  mypy takes no function for a method
    try:
        loop.runcall(jianliu.main)
    finally:
        loop.dump_stats(folder / "loop.prof")
        writer.dump_stats(folder / "writer.prof")


if __name__ == "__main__":
    main()
