"""From a measured response to a filter in the user's own tools: drop a file on a panel, match it, export the filter.

The view (`static/views/match.js`) sends a file in pieces and draws what comes back. Reading, fitting and exporting are
done here; what takes more than a moment, in a thread, so that the kernel goes on answering. Python needs no panel for
it (`match_target`), and what is set or called on a panel is done when it returns.
"""

import os
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from bokeh.models import UIElement
from numpy.typing import ArrayLike

from aether_lab import plots
from aether_lab.analysis.reconstruction import describe_errors
from aether_lab.filters.fit import residual
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import Sections
from aether_lab.formats.export import FORMATS, Export, export
from aether_lab.model.match import Match, match_target
from aether_lab.model.space import FilterSpace
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.latent_panel import LatentPanel
from aether_lab.panels.panel import StaticPicture, check_same_dimensions
from aether_lab.panels.upload import FilePanel
from aether_lab.signals.corpus import pluralize
from aether_lab.signals.spectrum import FREQUENCIES
from aether_lab.signals.target import Measured, Target, as_target


class MatchPanel(StaticPicture, FilePanel):
    """Drop a measured response; see what a space and `N` sections make of it; download the filter on screen.

    `panel.match` is the `Match` on screen, or None; `panel.observe(f, names="match")`.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        target: what `show` takes.
        sections: what to fit, until the sliders say otherwise.

    Raises:
        ValueError: a space or target that cannot be read.
    """

    _esm = module_text("hosts/match_widget.js")
    _css = style_text("hosts/match_widget.js")
    settings = traitlets.Dict().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    match = traitlets.Instance(Match, allow_none=True)

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        target: Measured | None = None,
        sections: Sections = Sections(),
    ) -> None:
        self.space = space if isinstance(space, FilterSpace) else FilterSpace.load(space)
        self._sections = sections
        self._target: Target | None = None  # of the match on screen, or of that which is being made
        formats = [{"name": name, "title": kind.title, "suffix": kind.suffix} for name, kind in FORMATS.items()]
        super().__init__({"formats": formats}, settings=_settings(sections))
        self.observe(self._follow_sliders, "settings")
        if target is not None:
            self.show(target)

    @property
    def sections(self) -> Sections:
        """What is fitted. Setting it fits anew at once, and moves the sliders."""
        return self._sections

    @sections.setter
    def sections(self, sections: Sections) -> None:
        self._drop("match")
        if self._target is not None:
            self.match = match_target(self.space, self._target, sections, self._known(self._target))
        self._sections = sections
        self.settings = _settings(sections)

    @property
    def z(self) -> np.ndarray | None:
        """The latent point closest to the response, `(Z,)`: encoded and refined."""
        return None if self.match is None else self.match.z

    @property
    def recipe(self) -> Recipe | None:
        """The filter on screen."""
        return None if self.match is None else self.match.fitted

    def show(self, target: Measured) -> None:
        """Matches a measured response: what `as_target` takes.

        Raises:
            ValueError: a file that cannot be read; the panel stays as it was.
        """
        known = as_target(target)
        self._drop("match")
        self.match = match_target(self.space, known, self.sections)
        self._target, self.error = known, ""

    def residual(self) -> Recipe:
        """The cascade of `sections` that makes the space exact here: in series with `space.decode(z)`, the response.

        Raises:
            ValueError: if there is no match yet.
        """
        found = self._matched()
        sections = replace(found.sections, topology="cascade", sample_rate=found.refined.sample_rate)
        return residual(found.refined, found.target, sections, band_hz=found.band_hz)

    def export(self, format: str, path: str | os.PathLike | None = None, **options: Any) -> Export:
        """The filter on screen in one of `export.FORMATS`, written to `path` if one is given; see `export.export`.

        Raises:
            ValueError: no match yet, or a format that does not exist.
        """
        match = self._matched()
        made = export(match.fitted, format, **{"name": match.target.label, **options})
        if path is not None:
            made.save(Path(path))
        return made

    def link(self, panel: LatentPanel, exact: bool = False) -> None:
        """From now on, each response matched here moves another panel to its z and is drawn behind its filter.

        Args:
            exact: also gives the other panel `residual()`, a moment later: there it is the response itself, and what
                the space has learned around it.

        Raises:
            ValueError: if the other panel's space has another number of dimensions.
        """
        check_same_dimensions(panel.space, self.space)

        def follow(change: dict[str, Any]) -> None:
            old, new = change["old"], change["new"]
            if new is None:
                return
            if old is None or new.target is not old.target:
                panel.z = new.z
                panel.target = new.target
                panel.residual = None  # of another response
            if exact:
                self._latest("residual", "Fitting what is left…", self.residual, partial(setattr, panel, "residual"))

        self.observe(follow, "match")
        follow({"old": None, "new": self.match})

    def receive(self, slot: str, target: Target) -> None:
        patience = "" if self.match else " The first one takes some seconds."  # most of them to compile
        self._match_later(target, f"Matching {target.label}…{patience}")

    def respond(self, content: dict[str, Any]) -> None:
        """A button of a format was pressed."""
        if content.get("type") != "export":
            return
        reply: dict[str, Any] = {"type": "export", "id": content.get("id")}

        def deliver(job: Future[Export]) -> None:
            if job.cancelled():
                return
            made = None
            with self._report_errors():
                made = job.result()
            if made is None:
                self.send({**reply, "error": True})
                return
            words = f"worst deviation {made.worst_db:.2g} dB, 20 Hz to 20 kHz."
            reply["file"] += made.suffix
            self.send({**reply, "words": words, "notes": list(made.notes)}, [made.content])

        with self._report_errors():
            match = self._matched()
            source = Path(match.target.label)
            reply["file"] = f"{source.stem}-{content['format']}"
            self._in_thread(partial(export, match.fitted, content["format"], name=source.name), deliver)

    def _matched(self) -> Match:
        if self.match is None:
            raise ValueError("nothing has been matched: drop a file on the panel, or call show")
        return self.match

    def _known(self, target: Target) -> Match | None:
        """The match on screen, if only its sections are to be fitted anew."""
        return self.match if self.match is not None and self.match.target is target else None

    def _match_later(self, target: Target, busy: str) -> None:
        self._target = target
        work = partial(match_target, self.space, target, self._sections, self._known(target))
        self._latest("match", busy, work, self._keep)

    def _keep(self, match: Match) -> None:
        self.match = match

    def _follow_sliders(self, _: Any) -> None:
        with self._report_errors():
            sections = _sections(self._sections, self.settings)
            if sections == self._sections:
                return
            self._sections = sections
            if self._target is not None:
                self._match_later(self._target, f"Fitting {_words(sections)}…")

    @traitlets.observe("match")
    def _draw(self, _: Any) -> None:
        self.shown = {} if self.match is None else _shown(self.match)

    def _picture(self) -> UIElement | None:
        if self.match is None:
            return None
        shown = {_words(self.match.sections): self.match.fitted, "nearest in the space": self.match.refined}
        measured = {self.match.target.label: self.match.target.spectrum_db}
        return plots.curves(
            measured | {name: np.asarray(recipe.response_db(), np.float64) for name, recipe in shown.items()}
        )

    def __repr__(self) -> str:
        on_screen = "nothing yet" if self.match is None else self.match.target.label
        return f"{type(self).__name__}({self.space.card.get('name', 'filter space')}, {on_screen})"


def _settings(sections: Sections) -> dict[str, Any]:
    """What the sliders of `static/views/match.js` show."""
    kind = "shelves" if sections.shelves else sections.topology
    low, high = sections.frequency_range_hz
    return {"count": sections.n_sections, "topology": kind, "low": low, "high": high, "rate": sections.sample_rate}


def _sections(known: Sections, settings: dict[str, Any]) -> Sections:
    """`known` with what the sliders say."""
    return replace(
        known,
        n_sections=int(settings["count"]),
        topology="cascade" if settings["topology"] == "shelves" else settings["topology"],
        shelves=settings["topology"] == "shelves",
        frequency_range_hz=(float(settings["low"]), float(settings["high"])),
        sample_rate=float(settings["rate"]),
    )


def _words(sections: Sections) -> str:
    """As "10 sections in series"."""
    how = "in parallel" if sections.topology == "parallel" else "in series"
    return f"{pluralize(sections.n_sections, 'section')} {how}"


def _shown(match: Match) -> dict[str, Any]:
    """A match as `static/views/match.js` draws it: Hz and dB, lists of plain numbers."""
    centres = np.asarray(match.fitted.frequency_hz, np.float64)
    centres = centres[(centres > 20) & (centres < 20_000)]  # so that no peak is cut between two points
    frequency = np.union1d(np.geomspace(20, 20_000, 361), centres)
    inside = (FREQUENCIES > 0) & (FREQUENCIES <= 20_000)
    recipes = {"encoded": match.encoded, "refined": match.refined, "fitted": match.fitted}
    return {
        "name": match.target.label,
        "sections": _words(match.sections),
        "explained": describe_errors(match.distance, match.z.size),
        "band": list(match.band_hz),
        "z": match.z.tolist(),
        "distance": match.distance,
        "frequency": frequency.tolist(),
        "curves": {name: _rounded(recipe.response_db(frequency)) for name, recipe in recipes.items()},
        "target": {"frequency": FREQUENCIES[inside].tolist(), "level": _rounded(match.target.spectrum_db[inside])},
        "error": {
            name: _rounded((match.target.spectrum_db - np.asarray(recipe.response_db(), np.float64))[inside])
            for name, recipe in recipes.items()
        },
    }


def _rounded(level_db: ArrayLike) -> list[float]:
    return np.round(np.asarray(level_db, np.float64), 3).tolist()
