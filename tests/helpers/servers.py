"""Servers that tests start: a free port, and a program that runs until the test is done."""

import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def serving(command, url, log, start=180, reply=5, **options):
    """A program from when it answers at `url`; `log` takes what it prints, `options` are those of `Popen`.

    `start` and `reply` are the seconds that it has to answer at all, and to each request.
    """
    with log.open("w") as printed:
        server = subprocess.Popen(command, stdout=printed, stderr=printed, **options)
    end = time.monotonic() + start
    try:
        while not answers(url, reply):
            assert server.poll() is None and time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait(timeout=20)


def answers(url, seconds):
    try:
        urllib.request.urlopen(url, timeout=seconds).close()
    except OSError:
        return False
    return True
