"""`check("02.1", answer)`: whether an answer is right, and if not, the next hint."""

import dis
import importlib
import os
import pkgutil
from collections import Counter
from types import FunctionType
from typing import Any

from aether_lab.course import exercises
from aether_lab.course.exercise import Exercise, WrongAnswer, registered

SOLUTIONS = "AETHER_LAB_SOLUTIONS"
"""Environment variable: where it is `1`, `check` judges the known right and wrong answer in place of the student's."""

_attempts: Counter[str] = Counter()


def check(name: str, answer: Any) -> None:
    """Says whether an answer is right. A wrong one gets a hint; the next wrong one a plainer hint, three in all.

    Nothing is raised for a wrong answer, so that the notebook goes on; `...`, `None` and a function without a body mean
    not answered yet.

    Args:
        name: of the exercise, such as `"02.1"`.
        answer: a number, an array or a function that you wrote, as the exercise asks.

    Raises:
        KeyError: there is no exercise of this name.
        AssertionError: `AETHER_LAB_SOLUTIONS=1`, and the judge refuses the solution or accepts the wrong answer.
    """
    exercise = find(name)
    if os.environ.get(SOLUTIONS) == "1":
        _assert_judged(exercise)
    if answer is None or answer is ... or _is_unwritten(answer):
        print(f"{name}: not answered yet. {exercise.question}")
        return
    try:
        confirmed = exercise.judge(answer)
    except WrongAnswer as reason:
        _hint(exercise, str(reason))
    except Exception as error:  # a student's function may raise anything
        _hint(exercise, f"your answer raised {type(error).__name__}: {error}")
    else:
        _attempts.pop(name, None)
        print(f"{name}: right. {confirmed}")


def find(name: str) -> Exercise:
    """The exercise of that name; `KeyError` lists those there are."""
    found = every_exercise()
    if name not in found:
        raise KeyError(f"no exercise {name!r}; there are {', '.join(found)}")
    return found[name]


def every_exercise() -> dict[str, Exercise]:
    """All exercises of the course, by name; imports the modules of `exercises`."""
    for module in pkgutil.iter_modules(exercises.__path__):
        importlib.import_module(f"{exercises.__name__}.{module.name}")
    return registered()


def _is_unwritten(answer: Any) -> bool:
    """Whether it is a function that does nothing and returns nothing: `def f(x): ...`."""
    if not isinstance(answer, FunctionType):
        return False
    instructions = list(dis.get_instructions(answer))
    returned = {each.argval for each in instructions if each.opname in ("LOAD_CONST", "RETURN_CONST")}
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    return {each.opname for each in instructions} <= idle and returned <= {None, ...}


def _hint(exercise: Exercise, reason: str) -> None:
    number = min(_attempts[exercise.name], len(exercise.hints) - 1)
    _attempts[exercise.name] += 1
    print(f"{exercise.name}: not yet: {reason}\nHint {number + 1} of {len(exercise.hints)}: {exercise.hints[number]}")


def _assert_judged(exercise: Exercise) -> None:
    """Judges both known answers."""
    try:
        exercise.judge(exercise.known("solution"))
    except WrongAnswer as reason:
        raise AssertionError(f"{exercise.name}: the solution is refused: {reason}") from reason
    try:
        exercise.judge(exercise.known("wrong"))
    except WrongAnswer:
        return
    raise AssertionError(f"{exercise.name}: the wrong answer is accepted")
