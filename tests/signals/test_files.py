"""Atomic writes: links, devices, modes, killed writers, full disks."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from aether_lab.signals.corpus import read_folder
from aether_lab.signals.files import is_replaceable, replacing, write_bytes
from aether_lab.signals.locks import delete_leftovers, leftovers, sole_writer

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither modes nor locks of this kind")
HOLD = (
    "import sys, time; from aether_lab.signals.{module} import {name}\n"
    "with {name}(sys.argv[1]): print('open', flush=True); time.sleep(60)\n"
)


@pytest.fixture
def umask():
    old = os.umask(0o027)
    yield
    os.umask(old)


def hold(name, path, module="files"):
    """A process that has `path` open in `name`, which it has said."""
    words = [sys.executable, "-c", HOLD.format(name=name, module=module), str(path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"open\n"
    return process


def end(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@posix
def test_a_new_file_has_the_mode_of_the_umask_and_an_old_one_keeps_its_own(umask, tmp_path):
    new, old = tmp_path / "new", tmp_path / "old"
    write_bytes(new, b"1")
    assert stat.S_IMODE(new.stat().st_mode) == 0o640
    old.write_bytes(b"0")
    old.chmod(0o604)
    write_bytes(old, b"1")
    assert stat.S_IMODE(old.stat().st_mode) == 0o604 and old.read_bytes() == b"1"


def test_of_a_link_the_target_is_replaced_also_where_it_is_not_there_yet(tmp_path):
    (tmp_path / "shelf").mkdir()
    (tmp_path / "link").symlink_to("second")
    (tmp_path / "second").symlink_to("shelf/file")
    for text in (b"first", b"again"):
        write_bytes(tmp_path / "link", text)
        assert (tmp_path / "shelf" / "file").read_bytes() == text
    assert (tmp_path / "link").is_symlink() and (tmp_path / "second").is_symlink()
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(OSError, match=r"^.*round: not written \(Too many levels of symbolic links\)$"):
        write_bytes(tmp_path / "round", b"")


@posix
def test_a_pipe_and_a_device_are_written_to_and_stay(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    write_bytes(pipe, b"through")
    assert reader.communicate()[0] == b"through" and stat.S_ISFIFO(pipe.stat().st_mode)
    write_bytes(os.devnull, b"nothing")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert not is_replaceable(pipe) and not is_replaceable("/dev/stdout") and not is_replaceable(tmp_path)
    assert is_replaceable(tmp_path / "new")


@posix
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "link"])
def test_standard_output_continues_where_it_is_in_a_file_and_in_a_pipe(name, tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdout")
    code = "import sys; from aether_lab.signals.files import write_bytes\n"
    code += "print('before', flush=True); write_bytes(sys.argv[1], b'data\\n'); print('after')"
    words = [sys.executable, "-c", code, name]
    piped = subprocess.run(words, cwd=tmp_path, check=True, stdout=subprocess.PIPE).stdout
    with (tmp_path / "out").open("wb") as out:
        subprocess.run(words, cwd=tmp_path, check=True, stdout=out)
    assert piped == (tmp_path / "out").read_bytes() == b"before\ndata\nafter\n"
    with pytest.raises(OSError, match=r"^/dev/fd/987: not written \(Bad file descriptor\)$"):
        write_bytes("/dev/fd/987", b"")


@posix
def test_temporaries_of_killed_writers_are_swept_and_those_of_live_ones_kept(tmp_path):
    killed, live = (hold("replacing", tmp_path / name) for name in ("killed", "live"))
    end(killed)
    left = {path.name for path in tmp_path.iterdir()}
    assert len(left) == 2 and all(name.startswith(".aether_lab-") for name in left)
    (tmp_path / ".aether_lab-note.partial").symlink_to("mine")
    (tmp_path / "mine").write_bytes(b"kept")
    write_bytes(tmp_path / "other", b"1")
    remaining = {path.name for path in tmp_path.iterdir()}
    assert {"other", "mine"} < remaining and len(remaining & left) == 1
    write_bytes(tmp_path / "live", b"2")
    assert len({path.name for path in tmp_path.iterdir()} & left) == 1
    end(live)


def test_two_writers_of_one_file_are_both_whole(tmp_path):
    with replacing(tmp_path / "file") as first, replacing(tmp_path / "file") as second:
        first.write_bytes(b"1" * 1000)
        second.write_bytes(b"2" * 10)
    assert (tmp_path / "file").read_bytes() == b"1" * 1000
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_temporary_is_not_read_as_audio(tmp_path):
    soundfile.write(tmp_path / "a.wav", [0.5, 0.0], 48_000)
    with replacing(tmp_path / "b.wav") as scratch:
        soundfile.write(scratch, [0.5, 0.0], 48_000, format="WAV")
        assert read_folder(tmp_path).names == ("a.wav",)


def test_an_error_leaves_the_old_file_and_no_temporary(tmp_path):
    write_bytes(tmp_path / "file", b"old")
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "file") as scratch:
        scratch.write_bytes(b"ne")
        assert leftovers == {scratch}
        raise KeyboardInterrupt
    assert (tmp_path / "file").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1 and not leftovers
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "file"):
        delete_leftovers()
    assert len(list(tmp_path.iterdir())) == 1


@posix
def test_a_full_disk_is_one_line_with_the_name_and_leaves_the_old_file(tmp_path):
    write_bytes(tmp_path / "file", b"old")
    code = "import resource, sys; from aether_lab.signals.files import write_bytes\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    code += "try: write_bytes('file', bytes(10_000))\nexcept OSError as error: print(error)"
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert told.stdout == "file: not written (File too large)\n"
    assert (tmp_path / "file").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_the_longest_name_is_written_and_a_longer_one_refused(tmp_path):
    assert write_bytes(tmp_path / ("n" * 255), b"1").read_bytes() == b"1"
    with pytest.raises(OSError, match=r"^.*nnn: not written \(File name too long\)$"):
        write_bytes(tmp_path / ("n" * 256), b"1")


def test_a_folder_and_a_missing_folder_are_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"a folder; name a file in it"):
        write_bytes(tmp_path, b"")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere to write into"):
        write_bytes(tmp_path / "nowhere" / "file", b"")


@posix
def test_without_the_right_to_write_a_folder_its_writable_files_are_written_in_place(tmp_path, monkeypatch):
    """By what `os.access` says, since root may write everywhere."""
    denied = {str(tmp_path)}
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) not in denied)
    old = tmp_path / "old"
    old.write_bytes(b"a longer one")
    inode = old.stat().st_ino
    write_bytes(old, b"new")
    assert old.read_bytes() == b"new" and old.stat().st_ino == inode
    with pytest.raises(PermissionError, match=r"^.*fresh: the folder .* is not writable$"):
        write_bytes(tmp_path / "fresh", b"1")
    denied.add(str(old))
    with pytest.raises(PermissionError, match=r"^.*old: write-protected$"):
        write_bytes(old, b"1")


@posix
def test_one_process_at_a_time_holds_a_name_and_a_killed_one_holds_none(tmp_path):
    model = tmp_path / "model"
    holder = hold("sole_writer", model, module="locks")
    (tmp_path / "link").symlink_to("model")
    for name in ("model", "link"):
        with pytest.raises(ValueError, match=rf"{name}: another process is writing it"), sole_writer(tmp_path / name):
            pass
    end(holder)
    assert (tmp_path / ".model.lock").exists()
    with sole_writer(model), pytest.raises(ValueError, match="another process is writing it"), sole_writer(model):
        pass
    assert not (tmp_path / ".model.lock").exists()


def test_where_there_are_no_locks_everything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("aether_lab.signals.locks.fcntl", None)
    (tmp_path / ".aether_lab-1.partial").touch()
    with sole_writer(tmp_path / "file"):
        write_bytes(tmp_path / "file", b"1")
    assert {path.name for path in tmp_path.iterdir()} == {"file", ".aether_lab-1.partial"}


def test_every_writer_of_the_package_goes_through_it():
    """No file is opened for writing elsewhere, but for scratch files and what is written to memory."""
    package = Path(sys.modules["aether_lab"].__file__).parent
    found = [
        (path.relative_to(package).as_posix(), line.strip())
        for path in package.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if any(word in line for word in (".write_text(", '.open("w', 'open(path, "w', "shutil.copy", "np.savez"))
        and ">>>" not in line
        and "... " not in line
    ]
    assert {path for path, _ in found} <= {
        "signals/files.py",
        "signals/corpus_store.py",
        "plots/output.py",
        "model/posterior.py",
    }, found
