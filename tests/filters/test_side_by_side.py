import os
import threading

import pytest

from aether_lab.filters.side_by_side import side_by_side


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core")
def test_calls_run_at_the_same_time_and_results_keep_their_order():
    barrier = threading.Barrier(2, timeout=60)  # broken, and an error, if one call waits for the end of the other

    def run(a, b):
        barrier.wait()
        return a - b

    assert side_by_side(run, [5, 3], [1, 2]) == [4, 1]


def test_an_error_of_a_call_is_raised():
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda x: 1 // x, [1, 0, 2])
