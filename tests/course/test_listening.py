"""Players and listening tests: equal loudness, honest statistics, and words for those who have no kernel."""

import base64
import io

import numpy as np
import pytest
import soundfile

from aether_lab.audio.loudness import loudness_db
from aether_lab.course import abx, listen
from aether_lab.course.abx import fewest_correct, p_value, verdict
from aether_lab.course.claim import claim
from aether_lab.course.listen import Sounds, addresses

RATE = 24_000
NOISE = np.random.default_rng(0).normal(size=RATE // 10)
TONE = 0.01 * np.sin(np.arange(RATE // 10) / 5)


def played(address):
    return soundfile.read(io.BytesIO(base64.b64decode(address.removeprefix("data:audio/flac;base64,"))))


@pytest.mark.parametrize("match", [True, False])
def test_players_hold_the_sounds_matched_in_loudness_or_as_they_are(match):
    (noise, rate), (tone, _) = map(played, addresses([NOISE, TONE], RATE, match))
    assert rate == RATE
    apart = loudness_db(NOISE, RATE) - loudness_db(TONE, RATE)
    assert loudness_db(noise, RATE) - loudness_db(tone, RATE) == pytest.approx(0 if match else apart, abs=0.1)


def test_a_player_has_its_name_escaped_and_spoken():
    markup = Sounds({'<"a">': "data:,"})._repr_html_()
    assert 'aria-label="&lt;&quot;a&quot;&gt;"' in markup and "<figcaption>&lt;" in markup


@pytest.mark.parametrize("sounds", [{}, {"silence": np.zeros(9)}])
def test_what_cannot_be_heard_is_refused(sounds):
    with pytest.raises(ValueError, match=r"no sounds|silent"):
        listen(sounds, RATE)


def test_p_values_are_those_of_the_binomial_tail():
    assert [p_value(k, 10) * 1024 for k in (0, 8, 9, 10)] == pytest.approx([1024, 56, 11, 1])
    assert fewest_correct(10) == 9 and fewest_correct(4) == 5  # 4 of 4 is 1 in 16
    assert "most likely heard" in verdict(9, 10) and "does not prove" in verdict(8, 10)


def test_a_listening_test_draws_x_from_its_seed_and_counts():
    one, two = (abx(NOISE, TONE, RATE, ("noise", "a tone"), trials=20, seed=5) for _ in range(2))
    assert one.order == two.order and set(one.order) == {0, 1} and one.p_value == 1
    one.answers = [True] * 9 + [False]
    assert one.correct == 9 and one.p_value == pytest.approx(11 / 1024)
    assert len(one.verdicts) == 21 and repr(one) == "ABX(noise or a tone, 10 of 20 trials)"


def test_where_no_program_runs_words_say_what_the_test_is():
    picture = abx(NOISE, TONE, RATE, ("noise & more", "a tone"))._repr_mimebundle_()[0]["image/svg+xml"]
    assert 'role="img"' in picture and "noise &amp; more" in picture and "9 of 10 right" in picture


@pytest.mark.parametrize("trials", [0, 51])
def test_a_number_of_trials_out_of_range_is_refused(trials):
    with pytest.raises(ValueError, match="allowed are 1 to 50"):
        abx(NOISE, TONE, RATE, trials=trials)


def test_a_claim_is_an_assertion_on_the_data_of_the_course_and_a_report_on_other_data(monkeypatch, capsys):
    monkeypatch.delenv("AETHER_LAB_IRS", raising=False)
    with pytest.raises(AssertionError, match="pigs fly"):
        claim(False, "pigs fly")
    monkeypatch.setenv("AETHER_LAB_IRS", "/somewhere")
    claim(False, "pigs fly")
    claim(True, "pigs walk")
    assert capsys.readouterr().out == "does not hold on your data: pigs fly\nholds: pigs walk\n"
