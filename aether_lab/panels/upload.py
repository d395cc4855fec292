"""The base of panels that receive files from the browser and process them in a thread."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import anywidget
import traitlets

from aether_lab.signals import audio_files, curve_files
from aether_lab.signals.curve_files import read_target
from aether_lab.signals.names import printable
from aether_lab.signals.target import Target, as_target

T = TypeVar("T")

LIMIT = 50_000_000
"""The largest file in bytes; the browser rejects larger ones unread."""


class FilePanel(anywidget.AnyWidget):
    """A panel that receives files from the browser and processes them in a thread.

    `busy` and `error` are its messages. An unreadable file leaves the panel unchanged.
    """

    about = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, about: dict[str, Any], **traits: Any) -> None:
        accept = [*audio_files.SUFFIXES, *curve_files.SUFFIXES]
        super().__init__(about={"limit": LIMIT, "accept": accept, **about}, **traits)
        self._thread = ThreadPoolExecutor(1, "aether_lab")
        self._newest: dict[str, object] = {}
        self._uploads: dict[str, tuple[str, int, bytearray]] = {}
        self.on_msg(self._receive)

    def receive(self, slot: str, target: Target) -> None:
        """Handles a file from the browser."""
        raise NotImplementedError

    def respond(self, content: dict[str, Any]) -> None:
        """Handles any other message from the browser."""

    def close(self) -> None:
        self._newest.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.layout.close()
        super().close()

    def _receive(self, _: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """Receives a file per slot as the messages `file`, any number of `piece`, and `end`."""
        slot = content.get("slot", "")
        match content.get("type"):
            case "file":
                self._uploads.pop(slot, None)
                name, size = Path(content["name"]).name, int(content["size"])
                if size > LIMIT:
                    limit = f"a panel takes files of at most {LIMIT / 1e6:.0f} MB"
                    self.error = printable(f"{name}: {size / 1e6:,.0f} MB; {limit}")
                else:
                    self._uploads[slot] = name, size, bytearray()
            case "piece" if slot in self._uploads:
                self._uploads[slot][2].extend(buffers[0])
            case "end" if slot in self._uploads:
                name, size, data = self._uploads.pop(slot)
                with self._report_errors():
                    if len(data) != size:
                        raise ValueError(f"{name}: received {len(data)} of {size} bytes; drop it again")
                    self.receive(slot, as_target(read_target(bytes(data), name)))
            case "file" | "piece" | "end":
                pass
            case _:
                self.respond(content)

    @contextmanager
    def _report_errors(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            self.error = printable(str(error))
        except Exception as error:  # report any failure in the panel
            self.error = printable(f"{type(error).__name__}: {error}")

    def _in_thread(self, work: Callable[[], T], done: Callable[[Future[T]], None]) -> Future[T]:
        """Runs `work` in the thread; `done` runs in the caller's event loop, or in the thread without one."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        future = self._thread.submit(work)
        future.add_done_callback(done if loop is None else lambda job: loop.call_soon_threadsafe(done, job))
        return future

    def _latest(self, key: str, busy: str, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """As `_in_thread`; cancels earlier, unfinished work with this key."""
        token = self._newest[key] = object()
        self.error, self.busy = "", busy

        def deliver(job: Future[T | None]) -> None:
            if self._newest.get(key) is token:
                with self._report_errors():
                    done(cast(T, job.result()))
                self._drop(key)

        self._in_thread(lambda: work() if self._newest.get(key) is token else None, deliver)

    def _drop(self, key: str) -> None:
        self._newest.pop(key, None)
        if not self._newest:
            self.busy = ""
