"""Generated measurement files: each is read within 0.1 dB or refused by name."""

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from measurement_files import GROUPINGS, HEADERS, PROSE, SEPARATORS, TRAILERS, Dialect, write
from sampling import sampled

from aether_lab.signals.curve_files import read_curve

COLUMNS = (
    ("frequency", "level"),
    ("frequency", "level", "phase"),
    ("frequency", "phase", "level"),
    ("phase", "frequency", "level"),
    ("index", "frequency", "level"),
    ("frequency", "target", "level"),
    ("frequency", "sd", "level"),
    ("frequency", "linear", "level"),
    ("frequency", "coherence", "level", "phase"),
)

WITHOUT_HEADER = (COLUMNS[0], COLUMNS[1], COLUMNS[4])  # what nobody could tell is not asked

dialects = st.builds(
    Dialect,
    separator=st.sampled_from(sorted(SEPARATORS)),
    decimal=st.sampled_from(".,"),
    grouping=st.sampled_from(sorted(GROUPINGS)),
    header=st.sampled_from(HEADERS),
    columns=st.sampled_from(COLUMNS),
    prose=st.sampled_from(PROSE),
    trailer=st.sampled_from(TRAILERS),
    digits=st.tuples(st.integers(0, 3), st.integers(1, 3)),
    exponent=st.booleans(),
    quoted=st.booleans(),
    units=st.booleans(),
    kilo=st.booleans(),
    falling=st.booleans(),
    holes=st.sampled_from([0, 0, 0, 5]),
    hole=st.sampled_from(["", "NaN", "-inf", "n/a", "-"]),
    repeats=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
).filter(lambda dialect: dialect.header != "none" or dialect.columns in WITHOUT_HEADER)
files = st.builds(write, dialects, st.integers(0, 1000), st.integers(60, 150), st.sampled_from([0.0, 75.0]))


def check(table):
    """ "read" or "refused"; an assertion fails for anything else."""
    try:
        curve = read_curve(table.content, "file.txt")
    except ValueError as error:
        assert str(error).startswith("file.txt"), error
        assert not table.dialect.certain, f"{error}\n{table.dialect}\n{table.content[:600]!r}"
        return "refused"
    difference = curve.level_at(table.frequency_hz) - table.level_db
    tolerance = 0.1 if table.dialect.digits[0] else 1.0  # whole hertz in the bass repeat, and are averaged
    assert np.abs(difference - np.median(difference)).max() < tolerance, f"{table.dialect}\n{table.content[:600]!r}"
    return "read"


def examples(count):
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@examples(200)
@given(files)
def test_a_generated_file_is_read_right_or_refused(table):
    check(table)


@pytest.mark.slow(seconds=20)
def test_hundreds_of_generated_files_are_read_right_or_refused_and_most_are_read():
    """Three hundred; two thousand where `AETHER_LAB_ALL_CASES` is set."""
    outcomes, count = Counter(), sampled(2000, 300)

    @examples(count)
    @given(files)
    def run(table):
        outcomes[check(table)] += 1

    run()
    assert outcomes.total() >= count and outcomes["read"] > 0.5 * outcomes.total(), outcomes
