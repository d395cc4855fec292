"""Plays a LADSPA plug-in of two channels: `ladspa_host.py PLUGIN.so JOB.npz OUT.npz`.

The job has `rate`, the names of `ports`, and block by block their values `rows` `(N, P)` and the samples `blocks`
`(N, 2, T)`, float32; the result what the plug-in says `about` itself, and `blocks`.
"""

import ctypes
import sys

import numpy as np


class LadspaDescriptor(ctypes.Structure):
    """`LADSPA_Descriptor` of `ladspa.h` 1.1."""

    _fields_ = [
        ("unique_id", ctypes.c_ulong),
        ("label", ctypes.c_char_p),
        ("properties", ctypes.c_int),
        *((name, ctypes.c_char_p) for name in ("name", "maker", "copyright")),
        ("port_count", ctypes.c_ulong),
        ("port_descriptors", ctypes.POINTER(ctypes.c_int)),
        ("port_names", ctypes.POINTER(ctypes.c_char_p)),
        ("hints", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("instantiate", ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong)),
        ("connect_port", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p)),
        ("activate", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("run", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_ulong)),
        ("run_adding", ctypes.c_void_p),
        ("set_run_adding_gain", ctypes.c_void_p),
        ("deactivate", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("cleanup", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ]


def main():
    plugin_path, job_path, out_path = sys.argv[1:]
    find = ctypes.CDLL(plugin_path).ladspa_descriptor
    find.restype = ctypes.POINTER(LadspaDescriptor)
    plugin = find(0).contents
    job = np.load(job_path)
    names = [plugin.port_names[k].decode() for k in range(plugin.port_count)]
    blocks = job["blocks"]
    buffers = {name: np.zeros(blocks.shape[-1], np.float32) for name in names}
    filter = plugin.instantiate(ctypes.byref(plugin), int(job["rate"]))
    for port, name in enumerate(names):
        plugin.connect_port(filter, port, buffers[name].ctypes.data)
    plugin.activate(filter)
    made = np.empty_like(blocks)
    for i, (row, block) in enumerate(zip(job["rows"], blocks, strict=True)):
        for name, value in zip(job["ports"], row, strict=True):
            buffers[str(name)][0] = value
        buffers["input00"][:], buffers["input01"][:] = block
        plugin.run(filter, block.shape[-1])
        made[i] = buffers["output00"], buffers["output01"]
    plugin.deactivate(filter)
    plugin.cleanup(filter)
    about = [plugin.name.decode(), plugin.maker.decode(), plugin.copyright.decode(), str(plugin.port_count)]
    np.savez(out_path, about=about, blocks=made)


if __name__ == "__main__":
    main()
