"""An exercise of the course: how an answer is judged, its hints, and answers known to be right and wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Answer = Any


class WrongAnswer(Exception):
    """Raised by a judge: says what the answer gave and, without giving the solution away, what it should have given."""


@dataclass
class Exercise:
    """One exercise, named like `02.1`: the notebook and the number in it.

    Attributes:
        name: `02.1`.
        question: one sentence, for the list of exercises and the worked solutions.
        hints: three, from a nudge to all but the solution.
        judge: called with the answer; raises `WrongAnswer`, or returns a sentence that confirms it.
        is_code: whether the student writes a function. Then `solution` and `wrong` are such functions; else they are
            functions without arguments that return the answer.
    """

    name: str
    question: str
    hints: tuple[str, str, str]
    judge: Callable[[Answer], str]
    is_code: bool
    _known: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def solution(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: the worked solution, printed from its source by the site."""
        self._known["solution"] = function
        return function

    def wrong(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: a mistake that students make, which the judge must refuse."""
        self._known["wrong"] = function
        return function

    def known(self, which: str) -> Answer:
        """The `solution` or the `wrong` answer, as a student would hand it in."""
        function = self._known[which]
        return function if self.is_code else function()

    def source(self) -> Callable[..., Any]:
        """The function that holds the worked solution."""
        return self._known["solution"]


_exercises: dict[str, Exercise] = {}


def exercise(name: str, question: str, hints: tuple[str, str, str], *, is_code: bool = False) -> Any:
    """Decorator of a judge; gives the `Exercise`, to which `solution` and `wrong` are added.

    >>> @exercise("99.1", "What is half of 6?", ("Share it.", "Divide by 2.", "6 / 2."))
    ... def half(answer):
    ...     if answer != 3:
    ...         raise WrongAnswer(f"twice your {answer} is {2 * answer}, not 6")
    ...     return "3 + 3 = 6"
    >>> half.solution(lambda: 3) and half.wrong(lambda: 4) and half.known("solution")
    3
    >>> _ = _exercises.pop("99.1")
    """

    def make(judge: Callable[[Answer], str]) -> Exercise:
        if name in _exercises:
            raise ValueError(f"there is an exercise {name} already")
        _exercises[name] = Exercise(name, question, hints, judge, is_code)
        return _exercises[name]

    return make


def registered() -> dict[str, Exercise]:
    """Every exercise that has been defined so far, by its name."""
    return dict(sorted(_exercises.items()))
