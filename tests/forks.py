"""Processes that are up in a quarter of a second.

They are forked from one that has loaded the product and runs nothing.
"""

import multiprocessing
import os
import sys

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.drills.launched"])


def apart(work, *args):
    """What `work` returns, in a process of its own: whatever it breaks is broken only there."""
    here, there = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_told, args=(there, work, args))
    process.start()
    there.close()
    try:
        return here.recv()
    finally:
        process.join()


def _told(there, work, args):
    there.send(work(*args))


def serve(folder, arguments, before=None):
    """`jianliu …` in this process, with nothing of our environment in its settings.

    What it says goes to service.log. `before` is called first.
    """
    log = os.open(folder / "service.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    for name in [name for name in os.environ if name.startswith("JIANLIU")]:
        del os.environ[name]
    if before is not None:
        before()
    sys.argv = ["jianliu", *arguments]
    from bot.cli import main

    main()
