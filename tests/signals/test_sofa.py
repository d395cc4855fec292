"""SOFA files: emitters, rates, silent measurements, and files that mean harm."""

import os

import h5py
import numpy as np
import pytest
from measurements import decay, read_in_a_process, write_sofa

from aether_lab.signals.audio_files import read, read_all, read_bytes
from aether_lab.signals.corpus import read_folder

M, R, N, E = 3, 2, 64, 2
RESPONSES = np.random.default_rng(0).normal(size=(M, R, N, E))  # as FIR-E
BY_NAME = {f"#{m}e{e}": RESPONSES[m, :, :, e] for m in range(M) for e in range(E)}


def assert_every_emitter(path):
    responses = read_all(path)
    assert [response.name for response in responses] == [f"{path}{label}" for label in BY_NAME]
    for response, expected in zip(responses, BY_NAME.values(), strict=True):
        np.testing.assert_array_equal(response.samples, expected)
    np.testing.assert_array_equal(read(path).samples, RESPONSES[0, :, :, 0])
    assert read_folder(path).names[:3] == tuple(f"{path.name}#{label}" for label in ("0e0L", "0e0R", "0e1L"))


@pytest.mark.parametrize(
    "attributes",
    [
        {"DataType": "FIR-E"},
        {"DataType": np.bytes_("FIR-E"), "SOFAConventions": np.bytes_("GeneralFIR-E")},
        {"SOFAConventions": "SingleRoomMIMOSRIR"},
        {"DataType": "FIR-E", "SOFAConventions": "MultiSpeakerBRIR"},
    ],
)
def test_emitters_after_the_samples(tmp_path, attributes):
    assert_every_emitter(write_sofa(tmp_path / "room.sofa", RESPONSES, **attributes))


@pytest.mark.parametrize(
    "attributes", [{"DataType": "FIRE"}, {"SOFAConventions": "MultiSpeakerBRIR"}, {"SOFAConventions": "GeneralFIRE"}]
)
def test_emitters_before_the_samples(tmp_path, attributes):
    assert_every_emitter(write_sofa(tmp_path / "room.sofa", np.moveaxis(RESPONSES, 3, 2), **attributes))


@pytest.mark.parametrize("data_type", ["FIR-E", "FIRE", None])
def test_the_dimensions_of_netcdf_decide(tmp_path, data_type):
    attributes = {"DataType": data_type} if data_type else {}
    for order in (RESPONSES, np.moveaxis(RESPONSES, 3, 2)):
        path = write_sofa(tmp_path / "room.sofa", order, **attributes)
        with h5py.File(path, "a") as file:
            for name, size in {"N": N, "E": E}.items():
                file.create_dataset(name, (size,), ">f4").make_scale("This is a netCDF dimension but not a variable")
        assert_every_emitter(path)


def test_four_dimensions_without_a_data_type_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"room\.sofa: Data\.IR of shape \(3, 2, 64, 2\) .*FIR-E or FIRE is needed"):
        read(write_sofa(tmp_path / "room.sofa", RESPONSES))


def test_one_emitter_has_no_number(tmp_path):
    path = write_sofa(tmp_path / "room.sofa", RESPONSES[..., :1], DataType="FIR-E")
    assert [response.name for response in read_all(path)] == [f"{path}#{m}" for m in range(M)]
    path = write_sofa(tmp_path / "room.sofa", RESPONSES[:1, ..., :1], DataType="FIR-E")
    assert read(path).name == str(path)


@pytest.mark.parametrize("rate", [48_000.0, [48_000.0], [[48_000.0]], np.full(M, 48_000), np.full((M, 1), 48_000.0)])
@pytest.mark.parametrize("units", [None, "hertz", "Hertz", "Hz"])
def test_one_rate_or_one_for_each_measurement(tmp_path, rate, units):
    path = write_sofa(tmp_path / "ears.sofa", RESPONSES[..., 0], rate, units)
    assert {response.sample_rate for response in read_all(path)} == {48_000.0}


def test_each_measurement_has_its_rate(tmp_path):
    path = write_sofa(tmp_path / "ears.sofa", RESPONSES[..., 0], [44_100.0, 48_000.0, 96_000.0])
    assert [response.sample_rate for response in read_all(path)] == [44_100, 48_000, 96_000]


@pytest.mark.parametrize(
    ("rate", "units", "message"),
    [
        (48.0, "kilohertz", "Data.SamplingRate in kilohertz; hertz is needed"),
        ([1.0, 2.0], None, "2 values in Data.SamplingRate for 3 measurements"),
        (48.0, "hertz", "a sample rate of 48 Hz"),
        (np.nan, "hertz", "a sample rate of nan Hz"),
        (np.bytes_("fast"), None, "Data.SamplingRate has other values than real numbers"),
    ],
)
def test_other_rates_are_refused(tmp_path, rate, units, message):
    path = write_sofa(tmp_path / "ears.sofa", RESPONSES[..., 0], rate, units)
    with pytest.raises(ValueError, match=message) as refusal:
        read(path)
    assert str(refusal.value).startswith(str(path))


def test_a_file_without_impulse_responses_is_refused_with_its_data_type(tmp_path):
    with h5py.File(tmp_path / "tf.sofa", "w") as file:
        file.attrs["DataType"] = "TF"
    with pytest.raises(ValueError, match=r"no Data\.IR: its data type is TF; only SOFA files with impulse responses"):
        read(tmp_path / "tf.sofa")


@pytest.mark.parametrize("value", [0.0, 0.5, np.nan, np.inf])
def test_measurements_that_cannot_be_used_do_not_spoil_the_others(tmp_path, value):
    responses = decay(10, 64).reshape(5, 2, 64)
    responses[[0, 3]] = value
    path = write_sofa(tmp_path / "grid.sofa", responses)
    assert [response.name for response in read_all(path)] == [f"{path}#{m}" for m in (1, 2, 4)]
    (note,) = read_all(path)[0].notes
    assert note.startswith("2 of 5 measurements are left out (#0: ")
    first = read(path)
    np.testing.assert_array_equal(first.samples, responses[1])
    assert first.name == f"{path}#1" and first.notes[0].startswith("#1 is the first measurement that can be used (#0: ")
    np.testing.assert_array_equal(read_bytes(path.read_bytes(), "grid.sofa").samples, responses[1])


def test_a_corpus_lists_a_grid_that_is_partly_silent(tmp_path):
    responses = decay(10, 64).reshape(5, 2, 64)
    responses[[0, 3]] = 0
    write_sofa(tmp_path / "grid.sofa", responses)
    corpus = read_folder(tmp_path)
    assert [name.removeprefix("grid.sofa") for name in corpus.names] == ["#1L", "#1R", "#2L", "#2R", "#4L", "#4R"]
    reason = "2 of 5 measurements are left out (#0: silence (every sample is 0); it has no spectrum)"
    assert corpus.skipped == (("grid.sofa", reason),)


def test_a_grid_of_silence_is_refused(tmp_path):
    path = write_sofa(tmp_path / "grid.sofa", np.zeros((3, 2, 64)))
    for call in (read, read_all):
        with pytest.raises(ValueError, match=r"grid\.sofa#0: silence"):
            call(path)


@pytest.mark.parametrize("chunks", [None, True, (1, 2, 64), (3, 2, 64)])
def test_packed_responses_are_read(tmp_path, chunks):
    options = {"compression": "gzip", "shuffle": True, "fletcher32": True} if chunks else {}
    with h5py.File(tmp_path / "ears.sofa", "w") as file:
        file.create_dataset("Data.IR", data=RESPONSES[..., 0].astype(">f4"), chunks=chunks, **options)
        file["Data.SamplingRate"] = 48_000
    np.testing.assert_array_equal(
        [response.samples for response in read_all(tmp_path / "ears.sofa")], RESPONSES[..., 0].astype("f4")
    )


def other(folder):
    """A file of the user that a stranger's SOFA file must not show."""
    with h5py.File(folder / "other.h5", "w") as file:
        file["x"] = RESPONSES[:1, :, :, 0]
    return folder / "other.h5"


def external_storage(file, folder):
    file.create_dataset("Data.IR", (1, R, N), "f8", external=[(str(other(folder)), 2048, 8 * R * N)])


def external_link(file, folder):
    file["Data.IR"] = h5py.ExternalLink(str(other(folder)), "x")


def soft_link_to_outside(file, folder):
    file["door"] = h5py.ExternalLink(str(other(folder)), "/")
    file["Data.IR"] = h5py.SoftLink("/door/x")


def dangling_link(file, folder):
    file["Data.IR"] = h5py.SoftLink("/nowhere")


def virtual(file, folder):
    layout = h5py.VirtualLayout((1, R, N), "f8")
    layout[:] = h5py.VirtualSource(str(other(folder)), "x", (1, R, N))
    file.create_virtual_dataset("Data.IR", layout)


def growing_virtual(file, folder, source=None):
    layout = h5py.VirtualLayout((1, R, N), "f8", maxshape=(None, R, N))
    everything = slice(0, h5py.h5s.UNLIMITED)
    origin = h5py.VirtualSource(str(source or other(folder)), "x", (1, R, N), maxshape=(None, R, N))
    layout[everything] = origin[everything]
    file.create_virtual_dataset("Data.IR", layout)


def records(file, folder):
    file["Data.IR"] = np.zeros((1, R, N), [("left", "f8")])


def references(file, folder):
    file.create_dataset("Data.IR", (1, R, N), h5py.ref_dtype)


def texts(file, folder):
    file.create_dataset("Data.IR", (1, R, N), h5py.string_dtype())


def group(file, folder):
    file.create_group("Data.IR")


def plugin(file, folder):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((1, R, N))
    properties.set_filter(32_123, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple((1, R, N))
    h5py.h5d.create(file.id, b"Data.IR", h5py.h5t.IEEE_F64LE, space, properties)


REFUSALS = {
    external_storage: "Data.IR has its samples in other files",
    external_link: "Data.IR is a link to elsewhere",
    soft_link_to_outside: "Data.IR is a link to elsewhere",
    dangling_link: "Data.IR is a link to elsewhere",
    virtual: "Data.IR is a virtual dataset",
    growing_virtual: "Data.IR is a virtual dataset",
    records: "Data.IR has other values than real numbers",
    references: "Data.IR has other values than real numbers",
    texts: "Data.IR has other values than real numbers",
    group: "Data.IR is not a dataset",
    plugin: r"Data.IR is packed by HDF5 filters \[32123\]",
}


@pytest.mark.parametrize("harm", REFUSALS)
def test_a_file_that_takes_its_samples_from_elsewhere_is_refused(tmp_path, harm):
    path = tmp_path / "strange.sofa"
    with h5py.File(path, "w") as file:
        file["Data.SamplingRate"] = 48_000.0
        harm(file, tmp_path)
    for call in (read, read_all, lambda path: read_bytes(path.read_bytes(), str(path))):
        with pytest.raises(ValueError, match=REFUSALS[harm]) as refusal:
            call(path)
        assert str(refusal.value).startswith(f"{path}: ")


@pytest.mark.parametrize("harm", [external_storage, external_link, virtual])
def test_the_sample_rate_is_not_taken_from_elsewhere_either(tmp_path, harm):
    path = tmp_path / "strange.sofa"
    with h5py.File(path, "w") as file:
        harm(file, tmp_path)
        file.move("Data.IR", "Data.SamplingRate")
        file["Data.IR"] = RESPONSES[..., 0]
    with pytest.raises(ValueError, match=r"strange\.sofa: Data\.SamplingRate"):
        read(path)


@pytest.mark.parametrize("kind", ["storage", "link", "virtual"])
def test_a_reference_to_a_pipe_does_not_hang(tmp_path, kind):
    os.mkfifo(tmp_path / "pipe")
    with h5py.File(tmp_path / "pipe.sofa", "w") as file:
        file["Data.SamplingRate"] = 48_000.0
        if kind == "storage":
            file.create_dataset("Data.IR", (1, R, N), "f8", external=[(str(tmp_path / "pipe"), 0, 8 * R * N)])
        elif kind == "link":
            file["Data.IR"] = h5py.ExternalLink(str(tmp_path / "pipe"), "x")
        else:
            growing_virtual(file, tmp_path, tmp_path / "pipe")
    assert read_in_a_process(tmp_path / "pipe.sofa")[1].startswith(f"{tmp_path / 'pipe.sofa'}: Data.IR")
