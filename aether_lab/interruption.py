"""How a command ends on Ctrl-C (exit status 130), SIGTERM (143) and SIGHUP (129): one line, and nothing half written.

Until `guard` is called, nothing is open, and the process ends at once. Within, the signal raises `KeyboardInterrupt`,
so that temporaries, locks and worker processes are cleaned up as on an error. That may never arrive: native code, such
as a compilation, does not return for a long time, and Python discards what is raised in callbacks of weak references
and of the garbage collector. So a thread, which the system's handler wakes, ends the process after `GRACE` seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

TYPE_CHECKING = False  # as `typing` has it, which takes as long to import as everything else here
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, NoReturn

GRACE = 2.5
"""Time in s to clean up."""

_LINES = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "hung up"}
_HINT = "call corpus again to continue it, train with --resume"
_reporting = threading.RLock()

received: int | None = None
"""The first signal that arrived."""

_guarded = _raised = _reported = False
_clean: Callable[[], None] = lambda: None  # noqa: E731 - set by `guard`


def install() -> None:
    """Handles the signals from now on, except those that the parent has this process ignore, as `nohup` does."""
    for name in _LINES:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)  # `_end` may come before it is flushed
    if os.name == "posix":
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        threading.Thread(target=_watch, args=(reader,), daemon=True).start()


def guard(call: Callable[..., None], *arguments: Any, clean: Callable[[], None]) -> None:
    """Calls a command. `clean` deletes what is left if it does not return in time after a signal.

    Raises:
        KeyboardInterrupt: a signal arrived, whatever became of the exception that it raised.
    """
    global _guarded, _clean
    _guarded, _clean = True, clean
    try:
        _interruptible(call, *arguments)
    except BaseException as error:
        if received is None:
            raise
        raise KeyboardInterrupt from error
    if received is not None:
        raise KeyboardInterrupt


def report() -> int:
    """Prints the line, once; returns the exit status."""
    global _reported
    number = signal.Signals(received or signal.SIGINT)
    with _reporting:
        if not _reported:
            _reported = True
            os.write(2, f"{_LINES[number.name]}; {_HINT}\n".encode())
    return 128 + number


def leave(status: int) -> NoReturn:
    """Ends the process without the exit handlers of libraries: that of JAX waits for the other hosts."""
    sys.stdout.flush()
    os._exit(status)


def _interruptible(call: Callable[..., None], *arguments: Any) -> None:
    call(*arguments)


def _handle(number: int, frame: FrameType | None) -> None:
    """Raises only inside of `_interruptible`, whose caller catches it, and only once."""
    global received, _raised
    received = received or number
    while frame is not None and frame.f_code is not _interruptible.__code__:
        frame = frame.f_back
    if os.name != "posix" and not _guarded:  # elsewhere `_watch` ends it
        _end()
    if frame is not None and not _raised:
        _raised = True
        sys.unraisablehook = lambda _: None
        threading.excepthook = lambda _: None
        raise KeyboardInterrupt


def _watch(reader: int) -> None:
    global received
    while signal.Signals(number := os.read(reader, 1)[0]).name not in _LINES:
        pass
    received = received or number
    if _guarded:
        threading.Event().wait(GRACE)
    _end()


def _end() -> NoReturn:
    _clean()
    if sys.stderr.isatty():
        os.write(2, b"\n")  # after a progress bar
    os._exit(report())
