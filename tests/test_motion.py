import numpy as np
import pytest

from aether_lab import motion


def test_a_sweep_moves_one_dimension_from_end_to_end_and_leaves_the_others_at_zero():
    path = motion.sweep(2, 4, steps=41)
    assert path.shape == (41, 4)
    assert (path[0, 2], path[20, 2], path[-1, 2]) == (-2.0, 0.0, 2.0)
    assert not np.delete(path, 2, axis=1).any()
    np.testing.assert_allclose(np.diff(path[:, 2]), 0.1, atol=1e-15)


def test_a_line_has_both_ends_and_equal_steps():
    path = motion.line([0, 1, -2], [1, 1, 2], steps=5)
    np.testing.assert_array_equal(path[[0, -1]], [[0, 1, -2], [1, 1, 2]])
    np.testing.assert_allclose(np.diff(path, axis=0), [[0.25, 0, 1]] * 4)


def test_a_loop_visits_its_corners_at_constant_speed_and_repeats_without_a_jump():
    corners = [(0, 0), (3, 0), (3, 4)]  # sides 3, 4, 5: a step of 1 falls on every corner
    path = motion.loop(corners, steps=12)
    assert all((path == corner).all(axis=1).any() for corner in corners)
    played_twice = np.concatenate([path, path])
    np.testing.assert_allclose(np.linalg.norm(np.diff(played_twice, axis=0), axis=1), 1.0, rtol=1e-12)


def test_a_loop_may_stay_at_a_place_it_is_given_twice():
    assert np.isfinite(motion.loop([(0, 0), (0, 0), (1, 0)], steps=8)).all()


def test_a_grid_rises_with_the_column_in_z0_and_with_the_row_in_z1():
    z = motion.grid(steps=3, span=1.0)
    np.testing.assert_array_equal(z[0], [(-1, -1), (0, -1), (1, -1)])
    np.testing.assert_array_equal(z[:, 2], [(1, -1), (1, 0), (1, 1)])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: motion.sweep(4, 4), r"dimension is 4; a space of latent_dim 4 has 0 to 3"),
        (lambda: motion.sweep(-1, 4), "dimension is -1"),
        (lambda: motion.sweep(0, 0), "latent_dim is 0"),
        (lambda: motion.sweep(0, 2, steps=1), "steps is 1; a path needs 2 or more"),
        (lambda: motion.grid(steps=0), "steps is 0"),
        (lambda: motion.grid(span=0), "span is 0"),
        (lambda: motion.sweep(0, 2, span=float("nan")), "span is nan"),
        (lambda: motion.line([0, 1], [0, 1, 2]), r"shapes \[\(2,\), \(3,\)\]"),
        (lambda: motion.line([0, float("inf")], [0, 1]), "must be finite"),
        (lambda: motion.loop([(0, 1)]), "two or more"),
        (lambda: motion.loop([(1, 1), (1, 1)]), "needs two that differ"),
    ],
)
def test_an_impossible_path_is_refused_in_plain_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
