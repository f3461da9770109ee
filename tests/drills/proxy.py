"""A network between a service and its PostgreSQL, which may be cut."""

import contextlib
import selectors
import socket
import threading


class Proxy:
    """Passes bytes from a loopback port to a server's Unix socket.

    `freeze`: nothing gets through and nobody is told (a pulled cable). `cut`: every connection
    is reset and new ones are refused service. `mend`: as before.
    """

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines, self._through, self._over = [], threading.Event(), threading.Event()
        self._through.set()
        self._refusing = False
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def freeze(self):
        self._through.clear()

    def cut(self):
        self._refusing = True
        for line in list(self._lines):
            for end in line:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._through.set()

    def mend(self):
        self._refusing = False
        self._through.set()

    def close(self):
        self._over.set()
        self.cut()
        self._thread.join()
        self._listener.close()

    def _listen(self):
        self._listener.settimeout(0.05)
        passing = []
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                near, _ = self._listener.accept()
                passing.append(threading.Thread(target=self._pass, args=(near,)))
                passing[-1].start()
        for thread in passing:
            thread.join()

    def _pass(self, near):
        far = socket.socket(socket.AF_UNIX)
        line = (near, far)
        with near, far, contextlib.suppress(OSError), selectors.DefaultSelector() as ready:
            if self._refusing:
                return
            far.connect(self._target)
            self._lines.append(line)
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while not self._over.is_set():
                for key, _ in ready.select(0.1):
                    data = key.fileobj.recv(65536)
                    self._through.wait()
                    if not data:
                        return
                    key.data.sendall(data)
