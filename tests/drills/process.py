"""A service process that can be killed, stopped and started again in a quarter of a second."""

import os
import socket

from tests.drills import launched
from tests.drills.launched import QUICK, Launch
from tests.forks import FORKS


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Process:
    """One service process; `start` again after it died starts the same one, without mishaps."""

    def __init__(self, folder, role, port, constants):
        self.folder, self.port, self.role, self.constants = folder, port, role, constants
        self.arguments = ("run", "-c", str(folder / "config.toml"), "--role", role,
                          "--port", str(port))  # fmt: skip
        self.running = None

    def start(self, *faults, **mishaps):
        constants = {**QUICK, **self.constants}
        launch = Launch(self.folder, self.arguments, faults, constants, **mishaps)
        self.running = FORKS.Process(target=launched.run, args=(launch,))
        self.running.start()

    @property
    def alive(self):
        return self.running is not None and self.running.is_alive()

    @property
    def listening(self):
        with socket.socket() as knock:
            return knock.connect_ex(("127.0.0.1", self.port)) == 0

    def signal(self, number):
        if self.alive:
            os.kill(self.running.pid, number)

    def kill(self):
        """kill -9; nothing happens to one that is gone already."""
        self.running.kill()
        self.running.join()
