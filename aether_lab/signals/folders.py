"""The files of a folder and its subfolders, in an order that is the same on every machine.

Whatever is not entered is listed as a file, so that a corpus passes over nothing silently: folders that are hidden or
cannot be listed, and links to folders that are read anyway.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_STORE = ({"spectra.npy", "index.jsonl"}, {"journal.sqlite"})  # files of `corpus_store`, finished and in the making


def find_files(root: Path) -> Iterator[Path]:
    """Files of a folder and its subfolders in the order of the parts of their paths; the path itself if it is a file.

    A link to a folder is followed if that folder neither lies in one that is read already nor contains one. Stores of
    `build_corpus` are passed over. Memory holds one directory listing per level, not the whole list.

    Raises:
        ValueError: the path does not exist.
    """
    if not root.exists():
        raise ValueError(f"{root}: no such folder")
    if root.is_dir():
        yield from _walk(root, [root.resolve()])
    else:
        yield root


def not_entered(folder: Path) -> str:
    """Why `find_files` lists a folder as if it were a file."""
    if folder.is_symlink():
        return "a link to a folder that is read already, or that contains one that is"
    try:
        with os.scandir(folder):
            return "a folder that was not there when its files were listed"
    except OSError as error:
        return f"a folder that cannot be listed ({error.strerror})"


def _walk(folder: Path, trees: list[Path]) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            listing = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    names = {entry.name for entry in listing}
    if any(store <= names for store in _STORE):
        return
    for entry in listing:
        path = Path(entry.path)
        is_link = entry.is_symlink()
        is_folder = os.path.isdir(path) if is_link else entry.is_dir()  # `entry.is_dir` fails on a loop of links
        if entry.name.startswith(".") or not is_folder:
            yield path
        elif not is_link:
            yield from _walk(path, trees)
        elif _lies_apart(target := path.resolve(), trees):
            trees.append(target)
            yield from _walk(path, trees)
        else:
            yield path


def _lies_apart(target: Path, trees: list[Path]) -> bool:
    return not any(target.is_relative_to(tree) or tree.is_relative_to(target) for tree in trees)
