"""Datasets of HDF5 files from unknown authors, read without opening any other file and within the limits of memory.

HDF5 has four ways to take the content of a dataset from elsewhere: external links, soft links, external storage and
virtual datasets. It also loads plugins for filters it does not know. None is needed for a measurement, so that each is
refused before anything is read. Source: *HDF5 User Guide*, chapters 4, 5 and 12.
"""

from __future__ import annotations

import math
import mmap
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
from h5py import h5a, h5d, h5l, h5o, h5t, h5z

from aether_lab.signals import limits

_FILTERS = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}  # those of netCDF-4 that are never plugins
_DEFLATE_RATIO = 1032  # the largest, of unpacked to packed bytes
_CHECKSUM = 4  # bytes that Fletcher-32 adds
_LARGEST_TEXT = 2**16  # bytes

LARGEST_CHUNK = 2**27
"""Bytes of a chunk, which HDF5 holds in memory whole."""


def open_dataset(file: h5py.File, key: str) -> h5py.Dataset:
    """A dataset of numbers in the root group that lies in the file itself.

    Raises:
        ValueError: there is none, it takes content from elsewhere, has other values than real numbers, is packed by a
            filter that may be a plugin, or has more samples than `limits` allows. The message begins with `key`.
    """
    root, link = file.id, key.encode()
    if not root.links.exists(link):
        raise ValueError(f"{key} is missing")
    if root.links.get_info(link).type != h5l.TYPE_HARD:
        raise ValueError(f"{key} is a link to elsewhere, which is not followed")
    if h5o.get_info(root, link).type != h5o.TYPE_DATASET:
        raise ValueError(f"{key} is not a dataset")
    dataset = h5d.open(root, link)
    _check_storage(dataset, key)
    if dataset.get_type().get_class() not in (h5t.FLOAT, h5t.INTEGER):
        raise ValueError(f"{key} has other values than real numbers")
    shape = dataset.get_space().get_simple_extent_dims() or ()
    limits.check(key, math.prod(shape), "LARGEST_SAMPLES")
    return h5py.Dataset(dataset)


def _check_storage(dataset: h5d.DatasetID, key: str) -> None:
    layout = dataset.get_create_plist()
    if layout.get_layout() == h5d.VIRTUAL:
        raise ValueError(f"{key} is a virtual dataset, whose samples lie in other files; they are not read")
    if layout.get_external_count():
        raise ValueError(f"{key} has its samples in other files (external storage); they are not read")
    filters = [layout.get_filter(i)[0] for i in range(layout.get_nfilters())]
    unknown = sorted(set(filters) - _FILTERS)
    if unknown or filters.count(h5z.FILTER_DEFLATE) > 1:
        raise ValueError(f"{key} is packed by HDF5 filters {filters}; deflate, shuffle and Fletcher-32 are read")
    if layout.get_layout() == h5d.CHUNKED:
        chunk = math.prod(layout.get_chunk()) * dataset.get_type().get_size()
        if chunk > LARGEST_CHUNK:
            raise ValueError(f"{key} has chunks of {chunk:,} bytes; at most {LARGEST_CHUNK:,} are read")
        if h5z.FILTER_DEFLATE in filters:
            _check_chunks(dataset, key, chunk)


def _check_chunks(dataset: h5d.DatasetID, key: str, size: int) -> None:
    """HDF5 unpacks a chunk to its end, however long that is: refuse one that is longer than it must be."""
    suspicious = []
    dataset.chunk_iter(lambda chunk: suspicious.append(chunk) if chunk.size * _DEFLATE_RATIO > LARGEST_CHUNK else None)
    for chunk in suspicious:
        stored = dataset.read_direct_chunk(chunk.chunk_offset)[1]
        if len(zlib.decompressobj().decompress(stored, size + _CHECKSUM + 1)) > size + _CHECKSUM:
            raise ValueError(f"{key} has a chunk that unpacks to more than its {size:,} bytes")


def read_text(place: h5py.File | h5py.Dataset, key: str, source: Path | bytes) -> str:
    """A text attribute, "" where there is none, or none of at most 65,536 bytes.

    Args:
        place: of the attribute.
        key: its name.
        source: the file of `place`.
    """
    if not h5a.exists(place.id, key.encode()):
        return ""
    attribute = h5a.open(place.id, key.encode())
    kind = attribute.get_type()
    if kind.get_class() != h5t.STRING or attribute.get_space().get_simple_extent_npoints() != 1:
        return ""
    length = _longest_text(source, key) if kind.is_variable_str() else attribute.get_storage_size()
    if length is None or length > _LARGEST_TEXT:
        return ""
    value = np.ravel(place.attrs[key])[0]
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip("\0 ")


def _longest_text(source: Path | bytes, key: str) -> int | None:
    """The largest stated length of the texts of variable length with this name, None where none is found.

    HDF5 takes up to 4 GB for a text on the word of its attribute, and does not tell that length before. An attribute is
    stored as version, flags, sizes of name, data type and data space, in version 3 a character set, then these three,
    in version 1 each padded to 8 bytes, then the length (*HDF5 File Format Specification* 3.0, section IV.A.2.m).
    """
    if isinstance(source, bytes):
        return _longest_in(source, key.encode() + b"\0")
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _longest_in(content, key.encode() + b"\0")


def _longest_in(content: bytes | mmap.mmap, name: bytes) -> int | None:
    lengths, position = [], content.find(name)
    while position >= 0:
        for version, fields in ((1, position - 8), (2, position - 8), (3, position - 9)):
            if fields >= 0 and content[fields] == version:
                sizes = struct.unpack_from("<HHH", content, fields + 2)
                padding = 8 if version == 1 else 1
                data = position + sum(-(-size // padding) * padding for size in sizes)
                if sizes[0] == len(name) and data + 4 <= len(content):
                    lengths.append(struct.unpack_from("<I", content, data)[0])
        position = content.find(name, position + 1)
    return max(lengths, default=None)
