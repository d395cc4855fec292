"""A filter found by ear: two equally loud filters, A and B, are compared again and again, and each answer narrows a
belief over the knobs and the kind (`model.belief`)."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aether_lab.filters.recipe import Recipe
from aether_lab.model.belief import ANSWERS, Belief, Particles
from aether_lab.model.ear_curves import SpaceCurves
from aether_lab.model.points import kind_text, whole_point
from aether_lab.model.presets import model_name
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import write_bytes
from aether_lab.signals.json_files import is_number, numbers, read_json
from aether_lab.signals.names import pluralize

NOISE_DB = 1.5
"""Of a listener nobody has measured: answers of listeners with 0.5 to 2 dB of noise are read well with this."""

NOISE_RANGE_DB = (0.1, 10.0)

MOST_ANSWERS = 200

ENOUGH_DB = 1.5
"""A belief whose filters lie this near to their mean, on average, narrows only slowly."""


@dataclass(frozen=True, eq=False)
class Question:
    """Two latent points, `(latent_dim,)` each."""

    a: NDArray[np.float64]
    b: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answered(Question):
    """A question and its answer, one of `belief.ANSWERS`: which filter is closer to what is wanted."""

    answer: str


@dataclass(eq=False)
class ByEar:
    """A search by ear in a space. The questions depend on the seed and the answers alone.

    Args:
        seed: 0 to 2**32 - 1.
        noise_db: the standard deviation of the listener's judgement of how much closer a filter is; from 0.1 to 10.

    Raises:
        ValueError: a seed or noise outside these, or an unknown answer.

    >>> import numpy as np
    >>> from aether_lab import ByEar, FilterSpace
    >>> search = ByEar(FilterSpace.load("2d"), seed=1)
    >>> wanted = np.array([1.0, -0.5])
    >>> for _ in range(12):
    ...     a, b = search.question.a, search.question.b
    ...     search.answer("a" if np.linalg.norm(a - wanted) < np.linalg.norm(b - wanted) else "b")
    >>> bool(np.linalg.norm(search.z - wanted) < 0.5), search.recipe.n_sections
    (True, 32)
    """

    space: FilterSpace
    seed: int = 0
    noise_db: float = NOISE_DB
    answers: list[Answered] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed not in range(2**32):
            raise ValueError(f"seed is {self.seed!r:.100}; allowed is 0 to {2**32 - 1}")
        low, high = NOISE_RANGE_DB
        if not is_number(self.noise_db) or not low <= self.noise_db <= high:
            raise ValueError(f"noise_db is {self.noise_db!r:.100}; allowed is {low:g} to {high:g} dB")
        self._beliefs = [Belief.before(SpaceCurves(self.space), self.seed, float(self.noise_db))]
        self._question: Question | None = None

    @property
    def belief(self) -> Belief:
        """What is believed after the answers so far."""
        return self._beliefs[-1]

    @property
    def question(self) -> Question:
        """The next two filters to compare."""
        if self._question is None:
            self._question = Question(*(self._point(each) for each in self.belief.question()))
        return self._question

    def answer(self, answer: str) -> None:
        """Takes the answer to `question`: "a" or "b", "clearly a" or "clearly b", or "same".

        An answer that a filter is *clearly* closer, by some 3 dB, narrows the belief more.

        Raises:
            ValueError: another answer, or one too many.
        """
        self._take(Answered(self.question.a, self.question.b, answer))

    def undo(self) -> None:
        """Takes back the last answer; its question is asked again.

        Raises:
            ValueError: there is none.
        """
        if not self.answers:
            raise ValueError("there is no answer to undo")
        last = self.answers.pop()
        self._beliefs.pop()
        self._question = Question(last.a, last.b)

    @property
    def z(self) -> NDArray[np.float64]:
        """The best latent point so far, `(latent_dim,)`."""
        return self._point(self.belief.best())

    @property
    def recipe(self) -> Recipe:
        """The filter at `z`."""
        return self.space.decode(self.z)

    @property
    def spread_db(self) -> float:
        """How far the wanted filter is from the mean of the belief, in expectation, dB."""
        return self.belief.spread_db()

    @property
    def knob_ranges(self) -> NDArray[np.float64]:
        """`(knobs, 2)`: the 5 and 95 percentiles of each knob."""
        return self.belief.quantiles((0.05, 0.95))

    @property
    def kind_shares(self) -> dict[str, float]:
        """The probability of each kind; empty in a space without kinds."""
        return dict(zip(self.space.kinds, self.belief.kind_shares().tolist(), strict=False))

    @property
    def progress(self) -> str:
        """What is known, in a sentence.

        >>> from aether_lab import ByEar
        >>> ByEar(FilterSpace.load("2d")).progress.split(":")[0]
        'No answer yet'
        """
        said = pluralize(len(self.answers), "answer") if self.answers else "No answer yet"
        rest = " Further answers change little." if self.spread_db < ENOUGH_DB else ""
        return f"{said}: the filter is known to about {self.spread_db:.1f} dB.{rest}"

    def to_json(self) -> dict[str, Any]:
        """The search as plain JSON, for `from_json` and for the panel."""
        answers = [{"a": each.a.tolist(), "b": each.b.tolist(), "answer": each.answer} for each in self.answers]
        return {"model": model_name(self.space), "seed": self.seed, "noise_db": self.noise_db, "answers": answers}

    @classmethod
    def from_json(cls, space: FilterSpace, state: Any) -> "ByEar":
        """The search of `to_json`.

        Raises:
            ValueError: other JSON, or a search in another space; says what is allowed.
        """
        if not isinstance(state, dict) or not isinstance(state.get("answers"), list):
            raise ValueError('not a search by ear: {"model", "seed", "noise_db", "answers": […]} is needed')
        if state.get("model") != model_name(space):
            raise ValueError(f"a search in the model {state.get('model')!r:.100}; this one is {model_name(space)!r}")
        search = cls(space, state.get("seed", 0), state.get("noise_db", NOISE_DB))
        for number, each in enumerate(state["answers"], 1):
            try:
                search._take(_answered(space, each))
            except ValueError as error:
                raise ValueError(f"answer {number}: {error}") from error
        return search

    def save(self, path: str | os.PathLike) -> Path:
        """Writes the answers as a JSON file; returns the path."""
        write_bytes(path, (json.dumps(self.to_json(), indent=1) + "\n").encode("utf-8"))
        return Path(path)

    @classmethod
    def load(cls, space: FilterSpace, path: str | os.PathLike) -> "ByEar":
        """The search whose answers `save` has written.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: as `from_json`; begins with the path.
        """
        try:
            return cls.from_json(space, read_json(path))
        except ValueError as error:
            raise ValueError(str(error) if str(error).startswith(str(path)) else f"{path}: {error}") from error

    def __repr__(self) -> str:
        kind = f", kind={kind_text(self.space, self.z)}" if self.space.kinds else ""
        return f"ByEar({model_name(self.space)}, {len(self.answers)} answers, spread {self.spread_db:.1f} dB{kind})"

    def _take(self, answered: Answered) -> None:
        if answered.answer not in ANSWERS:
            raise ValueError(f"answer is {answered.answer!r:.100}; allowed are {', '.join(ANSWERS)}")
        if len(self.answers) >= MOST_ANSWERS:
            raise ValueError(f"there are {MOST_ANSWERS} answers already; more are not taken")
        curves = [self._curve(z) for z in (answered.a, answered.b)]
        self._beliefs.append(self.belief.answered(curves[0], curves[1], answered.answer))
        self.answers.append(answered)
        self._question = None

    def _curve(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """`(F,)` dB of a latent point of one kind, as the belief has it."""
        size = self.space.knobs + self.space.details
        kind = z[size:].argmax() if self.space.kinds else np.int64(0)
        return self.belief.family(z[None, : self.space.knobs], np.array([kind]))[0]

    def _point(self, one: Particles) -> NDArray[np.float64]:
        kind = self.space.kinds[int(one.kind[0])] if self.space.kinds else None
        return np.array(whole_point(self.space, one.numbers[0], kind), np.float64)


def _answered(space: FilterSpace, each: Any) -> Answered:
    """One of the answers of `to_json`."""
    if not isinstance(each, dict) or not isinstance(each.get("answer"), str):
        raise ValueError('{"a": z, "b": z, "answer": "a"} is needed')
    for name in ("a", "b"):
        if not numbers(each.get(name), space.latent_dim):
            raise ValueError(f"{name} is {each.get(name)!r:.100}; it must be {space.latent_dim} numbers")
    return Answered(np.array(each["a"], np.float64), np.array(each["b"], np.float64), each["answer"])
