import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aether_lab.audio import motion


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


def test_a_loop_may_repeat_a_point():
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
        (lambda: motion.sweep(0, 2, steps=1), "steps is 1; it must be at least 2"),
        (lambda: motion.grid(steps=0), "steps is 0"),
        (lambda: motion.grid(span=0), "span is 0"),
        (lambda: motion.sweep(0, 2, span=float("nan")), "span is nan"),
        (lambda: motion.line([0, 1], [0, 1, 2]), r"shapes \[\(2,\), \(3,\)\]"),
        (lambda: motion.line([0, float("inf")], [0, 1]), "must be finite"),
        (lambda: motion.loop([(0, 1)]), "two or more"),
        (lambda: motion.loop([(1, 1), (1, 1)]), "needs two different points"),
    ],
)
def test_invalid_paths_raise(call, words):
    with pytest.raises(ValueError, match=words):
        call()


CASES = json.loads((Path(__file__).parents[1] / "reference" / "motion_cases.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_motion_follows_its_formula_for_an_hour_in_both_channels(case):
    moved = motion.Motion(**case["motion"])
    for channel, side in enumerate(("left", "right")):
        np.testing.assert_allclose(moved.at(case["times"], channel), case[side], rtol=0, atol=1e-9)


def test_a_motion_does_not_depend_on_the_order_of_times():
    walk, t = motion.Motion("walk", seed=3), np.linspace(0, 60, 500)
    order = np.random.default_rng(0).permutation(t.size)
    np.testing.assert_array_equal(walk.at(t[order]), walk.at(t)[order])


def test_the_fast_pair_of_a_spiral_turns_on_its_circle_and_swapping_exchanges_the_pairs():
    t = np.linspace(0, 20, 2001)
    spiral = motion.Motion("spiral", rate=2.0, slow_rate=0.05, radius=1.0, slow_radius=0.5)
    z = spiral.at(t)
    np.testing.assert_allclose(np.hypot(z[:, 0], z[:, 1]), 1.0, atol=1e-12)
    np.testing.assert_allclose(np.hypot(z[:, 2], z[:, 3]), 0.5, atol=1e-12)
    np.testing.assert_allclose(np.unwrap(np.arctan2(z[:, 0], z[:, 1]))[-1], 2 * np.pi * 2.0 * 20, rtol=1e-9)
    np.testing.assert_array_equal(replace(spiral, swap=True).at(t), z[:, [2, 3, 0, 1]])


def test_a_walk_stays_in_its_bounds_without_corners_and_differs_by_seed():
    t = np.linspace(0, 1000, 200_001)
    walk = motion.Motion("walk", rate=1.0, radius=2.0, seed=1)
    z = walk.at(t)[:, :2]
    assert np.abs(z).max() <= 2.0
    assert z.std(0).min() > 0.6  # it covers its range
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.15
    assert np.abs(np.diff(z, axis=0)).max() < 2.0 * 2 / 200  # no faster than two radii a second
    assert np.abs(np.diff(z, 2, axis=0)).max() < 2.0 * 8 / 200**2  # velocity has no jumps
    assert np.abs(z - replace(walk, seed=2).at(t)[:, :2]).max() > 1


def test_a_closed_path_repeats_and_an_open_one_goes_back_and_forth():
    points = ((0, 0), (3, 0), (3, 4))
    t = np.arange(24) / 12  # seconds; the period is 1 s
    closed = motion.Motion("path", centre=(0, 0), rate=1.0, points=points)
    np.testing.assert_allclose(closed.at(t), np.tile(motion.loop(points, 12), (2, 1)), atol=1e-12)
    there_and_back = replace(closed, closed=False).at(np.arange(15) / 14)
    np.testing.assert_allclose(there_and_back, there_and_back[::-1], atol=1e-12)
    np.testing.assert_allclose(there_and_back[7], (3, 4), atol=1e-12)


def test_the_channels_differ_by_the_stereo_offset_only_in_the_fast_pair():
    spiral = motion.Motion("spiral", rate=1.0, stereo_offset=0.5)
    left, right = spiral.at([3.3], 0)[0], spiral.at([3.3], 1)[0]
    np.testing.assert_allclose(right, [-left[0], -left[1], left[2], left[3]], atol=1e-12)


def test_a_motion_with_another_rate_is_continuous():
    slow = motion.Motion("spiral", rate=0.7, phase=0.2)
    fast = slow.continued(12.5, rate=4.0, slow_rate=0.3)
    np.testing.assert_allclose(fast.at([12.5]), slow.at([12.5]), atol=1e-12)
    assert fast.rate == 4.0


def test_a_change_of_motion_is_smooth_and_an_unchanged_motion_exact():
    before, after = motion.Motion(centre=(-2,) * 4), motion.Motion("spiral", rate=5.0)
    t = np.arange(48_000) / 48_000
    z = motion.follow([(0.0, before), (0.25, after)], t)
    assert np.abs(np.diff(z, axis=0)).max() < 5 / motion.GLIDE / 48_000  # no faster than the gap over the glide
    np.testing.assert_array_equal(z[t <= 0.25], before.at(t[t <= 0.25]))
    np.testing.assert_allclose(z[t > 0.95], after.at(t[t > 0.95]), atol=1e-12)


def test_the_speed_of_z_is_limited_and_a_jump_of_the_knobs_is_slower():
    period = 128 / 48_000
    t = period * (1 + np.arange(2000))
    places = [motion.Motion(centre=(z,) * 4) for z in (0.0, 1e6, -1e6, 0.0)]
    z = motion.follow(list(zip((0.0, 0.5, 2.0, 4.0), places, strict=True)), t)
    limited = motion.limit_speed(z, None, period)
    fastest = period * np.maximum(200, 25 * np.abs(limited[:-1]))
    assert np.all(np.abs(np.diff(limited, axis=0)) <= fastest * (1 + 1e-12))
    for end, value in ((1.1, 1e6), (3.2, -1e6), (5.2, 0.0)):
        np.testing.assert_allclose(limited[int(end / period)], value, rtol=1e-6, atol=1e-6)
    halves = motion.limit_speed(z[:700], None, period)
    np.testing.assert_array_equal(np.concatenate([halves, motion.limit_speed(z[700:], halves[-1], period)]), limited)
    knobs = motion.follow([(0.0, motion.Motion(centre=(-2,) * 4)), (0.5, motion.Motion(centre=(2,) * 4))], t)
    np.testing.assert_array_equal(motion.limit_speed(knobs, None, period), knobs)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "zigzag"}, "kind is 'zigzag'; allowed are manual, spiral"),
        ({"centre": ()}, "centre is"),
        ({"centre": (0, float("nan"))}, "centre is .*finite"),
        ({"rate": 11}, "rate is 11; allowed is 0 to 5"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"slow_rate": 1.5}, "slow_rate is 1.5; allowed is 0 to 1"),
        ({"radius": -1}, "radius is -1"),
        ({"stereo_offset": 2}, "stereo_offset is 2"),
        ({"phase": float("inf")}, "phase is inf"),
        ({"ratio": (1, 9)}, "ratio is"),
        ({"kind": "orbit", "rate": 5.0, "ratio": (3, 2)}, "orbit's rate times 3 is at most 5 Hz"),
        ({"seed": -1}, "seed is -1"),
        ({"kind": "path"}, "two or more"),
        ({"kind": "path", "points": ((0, 0), (1, 1))}, "points have 2 dimensions and centre has 4"),
        ({"kind": "path", "points": ((0,) * 4, (0,) * 4)}, "a path needs two different points"),
    ],
)
def test_invalid_motions_raise(fields, words):
    with pytest.raises(ValueError, match=words):
        motion.Motion(**fields)


def test_an_automation_with_falling_times_or_different_dimensions_raises():
    here = motion.Motion()
    for automation in ([], [(1, here), (0, here)], [(0, here), (1, motion.Motion(centre=(0, 0)))]):
        with pytest.raises(ValueError, match="an automation is"):
            motion.follow(automation, [0.0])
