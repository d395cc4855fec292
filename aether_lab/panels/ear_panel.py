"""The panel that finds a filter by ear."""

import os
from collections.abc import Sequence

from numpy.typing import ArrayLike

from aether_lab.model.by_ear import NOISE_DB, Answered, ByEar
from aether_lab.model.space import FilterSpace
from aether_lab.panels.live_panel import LivePanel
from aether_lab.panels.state import DEFAULTS


class EarPanel(LivePanel):
    """A `LivePanel` that begins with "Find by ear": hear A and B, equally loud, and say which is closer to your aim.

    After some twenty answers "Take the best" goes to the filter that fits them and offers it to other programs. Keys: A
    and B to hear, 1 and 2 to answer, 3 and 4 where it is clear, 0 for cannot tell, Backspace to undo, Space to play.
    `panel.search` is the search with the answers so far: `panel.search.recipe`, `panel.search.save("answers.json")`,
    `panel.search = ByEar.load(space, "answers.json")`.

    Args:
        space: a `FilterSpace`, or an argument of `FilterSpace.load`.
        z: the initial point, `(Z,)`; default: 0.
        source: one of `state.SOURCES`; a file is chosen in the browser.
        seed, noise_db: as `ByEar`.

    Raises:
        ValueError: as `LivePanel` and `ByEar`.

    >>> from aether_lab import EarPanel
    >>> panel = EarPanel("2d", seed=1)
    >>> panel.search.answers, panel.search.recipe.n_sections
    ([], 32)
    >>> panel.close()
    """

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        z: ArrayLike | None = None,
        source: str = DEFAULTS["source"],
        seed: int = 0,
        noise_db: float = NOISE_DB,
    ) -> None:
        super().__init__(space, z, source=source)
        self._search = ByEar(self.space, seed, noise_db)
        self.search = self._search

    @property
    def search(self) -> ByEar:
        """The search with the answers that were given in the browser; set it to go on with another.

        Raises:
            ValueError: answers that are damaged, or a search in another space.
        """
        state = {**self._search.to_json(), **self.view.ear}
        if _without_view(state) != self._search.to_json():
            self._search = ByEar.from_json(self.space, _without_view(state))
        return self._search

    @search.setter
    def search(self, search: ByEar) -> None:
        state = search.to_json() if isinstance(search, ByEar) else None
        if state is None or state["model"] != self._search.to_json()["model"]:
            raise ValueError(f"search is {search!r:.100}; it must be a ByEar in {self.view.space['name']}")
        self._search = search
        self.view.ear = {**state, "open": True}

    @property
    def answers(self) -> Sequence[Answered]:
        """The questions that were asked, with their answers."""
        return tuple(self.search.answers)


def _without_view(state: dict) -> dict:
    """A state of the view without what the view alone keeps."""
    return {name: value for name, value in state.items() if name != "open"}
