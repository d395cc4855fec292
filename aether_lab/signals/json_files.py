"""Small files from outside, read whole, and JSON in them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from aether_lab.signals import contents

T = TypeVar("T")

LARGEST_JSON = 10_000_000
"""Bytes or characters of JSON; a recipe of a thousand sections has 100 kB. In memory may be twenty times as large."""

LONGEST_INTEGER = 20
"""Digits of an integer with its sign; a longer one becomes a float."""


def read_regular(path: str | os.PathLike, largest: int) -> bytes:
    """The content of a regular file of at most `largest` bytes. Devices and FIFOs are refused unread.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a regular file, or larger. The message begins with the path.
    """
    path = Path(path)
    check_regular(path, largest)
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"{path}: at least {len(content):,} bytes; at most {largest:,} are read")
    return content


def check_regular(path: Path, largest: int | None = None) -> None:
    """Raises as `read_regular`, without reading."""
    if "\0" not in str(path) and not os.path.lexists(path):
        raise FileNotFoundError(f"{path}: no such file")
    size = contents.check_regular(path)
    if largest is not None and size > largest:
        raise ValueError(f"{path}: {size:,} bytes; at most {largest:,} are read")


def read_parsed(path: str | os.PathLike, parse: Callable[[bytes], T], largest: int) -> T:
    """What `parse` makes of the content of a file; its `ValueError` is raised again with the path.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: as `read_regular` and `parse`. The message begins with the path.
    """
    content = read_regular(path, largest)
    try:
        return parse(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_json(path: str | os.PathLike, largest: int = LARGEST_JSON) -> Any:
    """The value in a JSON file; see `parse_json`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: as `read_regular` and `parse_json`. The message begins with the path.
    """
    return read_parsed(path, lambda content: parse_json(content, largest), largest)


def parse_json(text: str | bytes, largest: int = LARGEST_JSON) -> Any:
    """The value of JSON text (RFC 8259) of at most `largest` characters; text in bytes is UTF-8.

    >>> parse_json('{"gain": 6}')
    {'gain': 6}

    Raises:
        ValueError: other or longer text; NaN, infinity or a number beyond 1e308; a name that occurs twice in an
            object; values nested deeper than Python's stack.
    """
    if len(text) > largest:
        raise ValueError(f"JSON of {len(text):,} characters; at most {largest:,} are read")
    try:
        return json.loads(
            text.decode("utf-8-sig") if isinstance(text, bytes) else text,
            object_pairs_hook=_unrepeated,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=lambda digits: int(digits) if len(digits) <= LONGEST_INTEGER else _finite(digits),
        )
    except RecursionError as error:
        raise ValueError("not JSON that can be read: nested too deeply") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"not JSON: not UTF-8 ({error.reason} at byte {error.start})") from error


def numbers(values: Any, length: int | None = None) -> bool:
    """Whether a value from JSON is a list of numbers (booleans are none), `length` of them."""
    return isinstance(values, list) and (length is None or len(values) == length) and all(map(is_number, values))


def is_number(value: Any) -> bool:
    """Whether a value from JSON is a finite number; a boolean is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def texts(values: Any) -> bool:
    """Whether a value from JSON is a list of strings."""
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def script_json(value: Any) -> str:
    """A value as JSON for a script element of HTML, without `<`, which could end the element.

    >>> script_json({"a": "</script>"})
    '{"a":"\\\\u003c/script>"}'
    """
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _unrepeated(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in pairs:
        if name in named:
            raise ValueError(f"{name!r:.100} occurs more than once; names must be unique")
        named[name] = value
    return named


def _finite(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise ValueError(f"the number {digits:.40} is out of range")
    return value


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")
