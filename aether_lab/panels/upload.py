"""The base of panels that receive files from the browser and process them in a thread."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
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

LONGEST_NAME = 160
"""Characters of a file's name that are kept: of a longer one the beginning and the end."""


def safe_name(name: Any) -> str:
    r"""The name of a file from the browser: no folders, only visible characters, and not too long to show.

    Raises:
        ValueError: it is no text, or empty.

    >>> safe_name("C:/sounds/bell\u202evaw.wav")
    'bell\\u202evaw.wav'
    """
    if not isinstance(name, str) or not (base := re.split(r"[\\/]", name)[-1].strip()):
        raise ValueError("a file without a name cannot be read; drop it again")
    return printable(base, LONGEST_NAME)


@dataclass
class Upload:
    """A file on its way from the browser: never more of it than was announced."""

    name: str
    size: int  # bytes
    data: bytearray = field(default_factory=bytearray)

    @classmethod
    def announced(cls, content: dict[str, Any]) -> "Upload":
        """The upload that a message `{"name", "size"}` announces.

        Raises:
            ValueError: no name, a size that is no number of bytes, or a file larger than `LIMIT`.
        """
        name, size = safe_name(content.get("name")), content.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ValueError(f"{name}: its size is not a number of bytes; drop it again")
        if size > LIMIT:
            raise ValueError(f"{name}: {size / 1e6:,.0f} MB; a panel takes files of at most {LIMIT / 1e6:.0f} MB")
        return cls(name, size)

    def add(self, buffers: Sequence[memoryview]) -> None:
        """Appends a piece.

        Raises:
            ValueError: it is more than was announced.
        """
        for buffer in buffers:
            if len(self.data) + memoryview(buffer).nbytes > self.size:
                raise ValueError(f"{self.name}: more than the {self.size} bytes that were announced; drop it again")
            self.data += buffer

    def check_complete(self) -> None:
        """Raises a ValueError if a part is missing."""
        if len(self.data) != self.size:
            raise ValueError(f"{self.name}: received {len(self.data)} of {self.size} bytes; drop it again")

    def read(self) -> Target:
        """The measurement in the file, as `read_target`; the bytes are forgotten."""
        content = bytes(self.data)
        self.data.clear()
        return as_target(read_target(content, self.name))


@dataclass(eq=False)
class Newest:
    """The last work of its key."""

    dragged: bool


class FilePanel(anywidget.AnyWidget):
    """A panel that receives files from the browser and processes them in a thread.

    `busy` and `error` are its messages. An unreadable file leaves the panel unchanged.
    """

    slots: Sequence[str] = ()  # the names of its drop zones
    about = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, about: dict[str, Any], **traits: Any) -> None:
        accept = [*audio_files.SUFFIXES, *curve_files.SUFFIXES]
        super().__init__(about={"limit": LIMIT, "accept": accept, **about}, **traits)
        self._thread = ThreadPoolExecutor(1, "aether_lab")
        self._newest: dict[str, Newest] = {}
        self._uploads: dict[str, Upload] = {}
        self._waiting: dict[str, Upload] = {}  # complete, and to be read in the thread
        self.on_msg(self._receive)

    def receive(self, slot: str, target: Target) -> None:
        """Handles a file from the browser."""
        raise NotImplementedError

    def respond(self, content: dict[str, Any]) -> None:
        """Handles any other message from the browser."""

    @traitlets.validate("busy", "error")
    def _visible(self, proposal: dict[str, Any]) -> str:
        """The message with the names of files in it as they can be shown."""
        return printable(proposal["value"])

    def close(self) -> None:
        for kept in (self._newest, self._uploads, self._waiting):
            kept.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.layout.close()
        super().close()

    def _receive(self, _: Any, content: Any, buffers: Sequence[memoryview]) -> None:
        """Receives a file per slot as the messages `file`, any number of `piece`, and `end`; or `stop`."""
        with self._report_errors():
            match content:
                case {"type": "file" | "piece" | "end" | "stop" as kind, "slot": str(slot)} if slot in self.slots:
                    self._receive_file(kind, slot, content, buffers)
                case {"type": str()}:
                    self.respond(content)

    def _receive_file(self, kind: str, slot: str, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        upload = self._uploads.pop(slot, None)  # an error ends the upload
        if kind == "file":
            self._uploads[slot] = Upload.announced(content)
        elif upload is not None and kind == "piece":
            upload.add(buffers)
            self._uploads[slot] = upload
        elif upload is not None and kind == "end":
            upload.check_complete()
            self._read_later(slot, upload)

    def _read_later(self, slot: str, upload: Upload) -> None:
        """Reads an upload in the thread; one before it that waits there is forgotten."""
        if earlier := self._waiting.get(slot):
            earlier.data.clear()
        self._waiting[slot] = upload
        self._latest(f"read {slot}", f"Reading {upload.name}…", upload.read, lambda target: self.receive(slot, target))

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

    def _latest(
        self, key: str, busy: str, work: Callable[[], T], done: Callable[[T], None], dragged: bool = False
    ) -> None:
        """As `_in_thread`; cancels earlier work with this key that has not begun, and what came of the rest.

        Args:
            dragged: by a slider, to its present value. Where the next value came while one was in work, its result is
                shown on the way; so the panel follows a drag however long a result takes, and never has more to do
                than the last value.
        """
        token = self._newest[key] = Newest(dragged)
        self.error, self.busy = "", busy
        begun = False

        def run() -> T | None:
            nonlocal begun
            begun = self._newest.get(key) is token
            return work() if begun else None

        def deliver(job: Future[T | None]) -> None:
            newest = self._newest.get(key)
            if newest is token:
                with self._report_errors():
                    done(cast(T, job.result()))
                self._drop(key)
            elif begun and dragged and newest is not None and newest.dragged and not job.exception():
                done(cast(T, job.result()))

        self._in_thread(run, deliver)

    def _drop(self, key: str) -> None:
        self._newest.pop(key, None)
        if not self._newest:
            self.busy = ""
