import os
import re

import pytest

from aether_lab.signals.json_files import numbers, parse_json, read_json, read_regular


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON: Expecting value"),
        ("[1,", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("[NaN]", "NaN is not a number of JSON"),
        ("[-Infinity]", "-Infinity is not a number of JSON"),
        ("[1e999]", "the number 1e999 is out of range"),
        ("1" * 400, "is out of range"),
        ('{"a": 1, "a": 2}', "'a' occurs more than once"),
        (b"\xff\xfe{}", "not JSON: not UTF-8"),
        ("[" + " " * 10_000_000 + "]", "10,000,002 (characters|bytes); at most 10,000,000 are read"),
    ],
)
def test_other_text_is_refused_with_the_reason(text, words, tmp_path):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}" if words.startswith("not JSON") else words):
        parse_json(text)
    path = tmp_path / "mine.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}: .*{words}"):
        read_json(path)


def test_json_is_read_with_its_byte_order_mark_and_long_integers_become_floats(tmp_path):
    (tmp_path / "mine.json").write_bytes(b'\xef\xbb\xbf{"name": "\xc3\xa9", "n": [12, 1.5, ' + b"1" * 30 + b"]}")
    found = read_json(tmp_path / "mine.json")
    assert found["name"] == "é" and found["n"][:2] == [12, 1.5] and isinstance(found["n"][2], float)


def test_what_is_no_list_of_numbers():
    assert numbers([1, 2.5], 2) and numbers([])
    assert not any(numbers(value) for value in ([True], ["1"], [None], (1,), 1, [float("nan")]))
    assert not numbers([1], 2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="NOT TESTED: this system has no FIFOs")
def test_devices_fifos_folders_and_large_files_are_refused_unread(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "large").write_bytes(bytes(11))
    for path, words in (
        (tmp_path / "fifo", "a pipe, not a file"),
        ("/dev/zero", "a device, not a file"),
        (tmp_path, "a folder, not a file"),
        (tmp_path / "large", "11 bytes; at most 10 are read"),
        (tmp_path / "a\0b", "no such file"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: {words}"):
            read_regular(path, 10)
    with pytest.raises(FileNotFoundError, match=r"none\.json: no such file"):
        read_json(tmp_path / "none.json")


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="NOT TESTED: this system has no /proc")
def test_a_file_that_is_larger_than_it_says_is_refused():
    with pytest.raises(ValueError, match=r"^/proc/self/status: at least 11 bytes; at most 10 are read"):
        read_regular("/proc/self/status", 10)
