"""Every exercise of the course accepts its solution, refuses its wrong answer, and gives its hints in order."""

import inspect

import pytest

from aether_lab.course.check import check, every_exercise
from aether_lab.course.exercise import WrongAnswer, exercise

EXERCISES = every_exercise()


@pytest.fixture
def half():
    from aether_lab.course import exercise as module

    @exercise("99.9", "What is half of 6?", ("Share it.", "Divide by 2.", "6 / 2."))
    def judge(answer):
        if answer != 3:
            raise WrongAnswer(f"twice your {answer} is {2 * answer}, not 6")
        return "3 + 3 = 6"

    judge.solution(lambda: 3)
    judge.wrong(lambda: 4)
    yield judge
    module._exercises.pop("99.9")


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_is_accepted_and_the_wrong_answer_refused(name, monkeypatch, capsys):
    monkeypatch.setenv("AETHER_LAB_SOLUTIONS", "1")
    check(name, ...)
    assert "not answered yet" in capsys.readouterr().out
    assert inspect.getsource(EXERCISES[name].source())


@pytest.mark.parametrize("name", EXERCISES)
def test_hints_are_three_sentences(name):
    assert len(set(EXERCISES[name].hints)) == 3
    assert all(hint.endswith((".", "?")) for hint in EXERCISES[name].hints)


def test_wrong_answers_get_one_hint_after_another_and_a_right_one_is_confirmed(half, capsys):
    for answer, said in [(4, "1 of 3: Share"), (4, "2 of 3: Divide"), (4, "3 of 3: 6 / 2"), (4, "3 of 3: 6 / 2")]:
        check("99.9", answer)
        assert said in (out := capsys.readouterr().out) and "twice your 4 is 8" in out
    check("99.9", 3)
    assert capsys.readouterr().out == "99.9: right. 3 + 3 = 6\n"
    check("99.9", "x")
    assert "raised TypeError" not in capsys.readouterr().out


def test_a_function_without_a_body_is_not_answered_yet(half, capsys):
    def unwritten(x):
        """What is to be written."""
        ...

    check("99.9", unwritten)
    check("99.9", lambda x: 3)
    first, second = capsys.readouterr().out.splitlines()[:2]
    assert first.startswith("99.9: not answered yet.") and second.startswith("99.9: not yet:")


def test_an_answer_that_raises_is_told_and_not_raised(half, capsys):
    check("99.9", object())
    assert "TypeError" in capsys.readouterr().out


def test_a_judge_that_is_wrong_is_noticed(half, monkeypatch):
    monkeypatch.setenv("AETHER_LAB_SOLUTIONS", "1")
    half.wrong(lambda: 3)
    with pytest.raises(AssertionError, match="wrong answer is accepted"):
        check("99.9", ...)
    half.solution(lambda: 5)
    with pytest.raises(AssertionError, match="solution is refused"):
        check("99.9", ...)


def test_a_name_that_is_no_exercise_is_refused_with_those_that_are():
    with pytest.raises(KeyError, match=r"no exercise .00\.0."):
        check("00.0", 1)
