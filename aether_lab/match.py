"""From a measured response to a filter in the user's own tools: drop a file on a panel, match it, take the filter home.

The views (`views/match.js`, `views/morph.js`) send a file in pieces and draw what comes back. Reading, fitting and
exporting are done here; what takes more than a moment, in a thread, so that the kernel goes on answering. Python may do
all of it without a finger: `match_target` needs no panel, and what is set or called on a panel is done when it returns.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

import anywidget
import ipywidgets
import numpy as np
import traitlets
from bokeh.models import UIElement
from numpy.typing import ArrayLike

from aether_lab import curves, impulse, page, plots
from aether_lab.corpus import counted
from aether_lab.curves import Curve, band_of, common_band, spectrum_of
from aether_lab.export import FORMATS, Export, export
from aether_lab.fit import Sections, fit_recipe, residual
from aether_lab.impulse import ImpulseResponse
from aether_lab.ladder import explained
from aether_lab.panels import LatentPanel, LivePanel, Pictured, refuse_other_dimensions
from aether_lab.recipe import Recipe
from aether_lab.space import FilterSpace
from aether_lab.spectra import FREQUENCIES, erb_weights, lsd

T = TypeVar("T")
Target = ImpulseResponse | Curve

LIMIT = 50_000_000
"""Bytes of a file that a panel takes; a larger one is refused in the browser, unread."""

SECTIONS = Sections(count=10)


@dataclass(frozen=True, eq=False)
class Match:
    """One measured response, and what comes near it."""

    target: Target
    level_db: np.ndarray  # (513,) dB, level-aligned: what everything here is compared with
    encoded_z: np.ndarray  # (Z,), the encoder's mean
    z: np.ndarray  # (Z,), refined by gradient
    encoded: Recipe  # decoded at encoded_z
    refined: Recipe  # decoded at z
    direct: Recipe  # the space's own bank, fitted with no network
    sections: Sections
    fitted: Recipe  # `sections`, fitted: the filter to take home

    @property
    def band(self) -> tuple[float, float]:
        """Hz: what the target covers of the band that its sections were given; `fitted` is judged there."""
        return common_band(self.target, self.sections.hertz)

    @property
    def distance(self) -> dict[str, float]:
        """The ladder of this one response, dB (`spectra.lsd`), and that of `fitted` over `band`.

        From `mu` to `refined` is what the encoder loses, from there to `direct` the latent space, the rest the bank.
        """
        whole, part = erb_weights(*band_of(self.target)), erb_weights(*self.band)
        found = (
            ("mu", self.encoded, whole),
            ("refined", self.refined, whole),
            ("direct", self.direct, whole),
            ("fitted", self.fitted, part),
        )
        return {rung: float(lsd(_response(recipe), self.level_db, weights)) for rung, recipe, weights in found}


def match_target(
    space: FilterSpace, target: Target, sections: Sections = SECTIONS, known: Match | None = None
) -> Match:
    """What a space and `sections` make of a response.

    Args:
        known: a match of the same target in the same space: only its sections are fitted anew.

    Raises:
        ValueError: if the target covers nothing of the band of the sections.
    """
    level = spectrum_of(target) if known is None else known.level_db
    fitted = fit_recipe(level, sections, band=common_band(target, sections.hertz))
    if known is not None:
        return replace(known, sections=sections, fitted=fitted)
    mean = np.asarray(space.encode(level)[0], np.float64)
    z = np.asarray(space.refine(level, mean), np.float64)
    direct = fit_recipe(level, space.settings)
    return Match(target, level, mean, z, space.decode(mean), space.decode(z), direct, sections, fitted)


def _response(recipe: Recipe) -> np.ndarray:
    """`(513,)` dB at the bins, whatever rate the recipe is for; above its Nyquist frequency, the level there."""
    return np.asarray(recipe.response_db(np.minimum(FREQUENCIES, recipe.sample_rate / 2)), np.float64)


class FilePanel(anywidget.AnyWidget):
    """A panel that takes files from the browser and does its work in a thread.

    `busy` and `error` are what it says meanwhile and afterwards. A file that cannot be read leaves all as it was.
    """

    about = traitlets.Dict().tag(sync=True)
    busy = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, about: dict[str, Any], **traits: Any) -> None:
        accept = [*impulse.SUFFIXES, *curves.SUFFIXES]
        super().__init__(about={"limit": LIMIT, "accept": accept, **about}, **traits)
        self._thread = ThreadPoolExecutor(1, "aether_lab")
        self._newest: dict[str, object] = {}
        self._uploads: dict[str, tuple[str, int, bytearray]] = {}
        self.on_msg(self._receive)

    def take(self, slot: str, target: Target) -> None:
        """A file has arrived from the browser."""
        raise NotImplementedError

    def answer(self, content: dict[str, Any]) -> None:
        """Any other message of the browser."""

    def close(self) -> None:
        self._newest.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.layout.close()
        super().close()

    def _receive(self, _: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """A file comes as `file`, any number of `piece`, `end`, for each slot on its own."""
        slot = content.get("slot", "")
        match content.get("type"):
            case "file":
                self._uploads.pop(slot, None)
                name, size = Path(content["name"]).name, int(content["size"])
                if size > LIMIT:
                    self.error = f"{name}: {size / 1e6:,.0f} MB; a panel takes files of at most {LIMIT / 1e6:.0f} MB"
                else:
                    self._uploads[slot] = name, size, bytearray()
            case "piece" if slot in self._uploads:
                self._uploads[slot][2].extend(buffers[0])
            case "end" if slot in self._uploads:
                name, size, data = self._uploads.pop(slot)
                with self._saying_what_is_wrong():
                    if len(data) != size:
                        raise ValueError(f"{name}: {len(data)} of {size} bytes have arrived; drop it again")
                    self.take(slot, curves.read_target(bytes(data), name))
            case "file" | "piece" | "end":
                pass
            case _:
                self.answer(content)

    @contextmanager
    def _saying_what_is_wrong(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            self.error = str(error)
        except Exception as error:  # a panel that falls silent would be worse than one that says too much
            self.error = f"{type(error).__name__}: {error}"

    def _in_thread(self, work: Callable[[], T], done: Callable[[Future[T]], None]) -> Future[T]:
        """Does `work` in the thread; `done` is called in the loop that this was called from, in the thread without."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        future = self._thread.submit(work)
        future.add_done_callback(done if loop is None else lambda job: loop.call_soon_threadsafe(done, job))
        return future

    def _latest(self, key: str, busy: str, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """As `_in_thread`; what was asked before under this key and is not done is dropped."""
        token = self._newest[key] = object()
        self.error, self.busy = "", busy

        def deliver(job: Future[T | None]) -> None:
            if self._newest.get(key) is token:
                with self._saying_what_is_wrong():
                    done(cast(T, job.result()))
                self._drop(key)

        self._in_thread(lambda: work() if self._newest.get(key) is token else None, deliver)

    def _drop(self, key: str) -> None:
        self._newest.pop(key, None)
        if not self._newest:
            self.busy = ""


class MatchPanel(Pictured, FilePanel):
    """Drop a measured response; see what a space and `N` sections make of it; download the filter on screen.

    `panel.match` is the `Match` on screen, or None; `panel.observe(f, names="match")`.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        target: what `show` takes.
        sections: what to fit, until the sliders say otherwise.

    Raises:
        ValueError: a space or target that cannot be read.
    """

    _esm = page.module_text("hosts/match_widget.js")
    _css = page.style_text("hosts/match_widget.js")
    settings = traitlets.Dict().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    match = traitlets.Instance(Match, allow_none=True)

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        target: Target | str | os.PathLike | None = None,
        sections: Sections = SECTIONS,
    ) -> None:
        self.space = space if isinstance(space, FilterSpace) else FilterSpace.load(space)
        self._sections = sections
        self._target: Target | None = None  # of the match on screen, or of that which is being made
        formats = [{"name": name, "title": kind.words, "suffix": kind.suffix} for name, kind in FORMATS.items()]
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
        """The place nearest to the response, `(Z,)`: encoded and refined."""
        return None if self.match is None else self.match.z

    @property
    def recipe(self) -> Recipe | None:
        """The filter on screen."""
        return None if self.match is None else self.match.fitted

    def show(self, target: Target | str | os.PathLike) -> None:
        """Matches a response: a path (`curves.read_target`), an `ImpulseResponse` or a `Curve`.

        Raises:
            ValueError: a file that cannot be read; the panel stays as it was.
        """
        target = _read(target)
        self._drop("match")
        self.match = match_target(self.space, target, self.sections)
        self._target, self.error = target, ""

    def residual(self) -> Recipe:
        """The cascade of `sections` that makes the space exact here: in series with `space.decode(z)`, the response.

        Raises:
            ValueError: if there is no match yet.
        """
        found = self._matched()
        sections = replace(found.sections, topology="cascade", sample_rate=found.refined.sample_rate)
        return residual(found.refined, found.level_db, sections, band=found.band)

    def export(self, format: str, path: str | os.PathLike | None = None, **options: Any) -> Export:
        """The filter on screen in one of `export.FORMATS`, written to `path` if one is given; see `export.export`.

        Raises:
            ValueError: no match yet, or a format that does not exist.
        """
        match = self._matched()
        made = export(match.fitted, format, **{"name": Path(match.target.name).name, **options})
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
        refuse_other_dimensions(panel.space, self.space)

        def follow(change: dict[str, Any]) -> None:
            old, new = change["old"], change["new"]
            if new is None:
                return
            if old is None or new.target is not old.target:
                panel.z = new.z
                panel.target = new.level_db
                panel.residual = None  # of another response
            if exact:
                self._latest("residual", "Fitting what is left…", self.residual, partial(setattr, panel, "residual"))

        self.observe(follow, "match")
        follow({"old": None, "new": self.match})

    def take(self, slot: str, target: Target) -> None:
        patience = "" if self.match else " The first one takes some seconds."  # most of them to compile
        self._match_later(target, f"Matching {Path(target.name).name}…{patience}")

    def answer(self, content: dict[str, Any]) -> None:
        """A button of a format was pressed."""
        if content.get("type") != "export":
            return
        reply: dict[str, Any] = {"type": "export", "id": content.get("id")}

        def deliver(job: Future[Export]) -> None:
            if job.cancelled():
                return
            made = None
            with self._saying_what_is_wrong():
                made = job.result()
            if made is None:
                self.send({**reply, "error": True})
                return
            words = f"worst deviation {made.worst_db:.2g} dB, 20 Hz to 20 kHz."
            reply["file"] += made.suffix
            self.send({**reply, "words": words, "notes": list(made.notes)}, [made.content])

        with self._saying_what_is_wrong():
            match = self._matched()
            source = Path(match.target.name)
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
        with self._saying_what_is_wrong():
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
        measured = {Path(self.match.target.name).name: self.match.level_db}
        return plots.curves(measured | {name: _response(recipe) for name, recipe in shown.items()})

    def __repr__(self) -> str:
        on_screen = "nothing yet" if self.match is None else Path(self.match.target.name).name
        return f"{type(self).__name__}({self.space.card.get('name', 'filter space')}, {on_screen})"


class MorphPanel(Pictured, ipywidgets.VBox):
    """Two responses and one slider: z moves along the line between their places, heard in the `LivePanel` below.

    `panel.t` is 0 at `a` and 1 at `b`; `panel.live` is the instrument.

    Args:
        space: a `FilterSpace`, or what `FilterSpace.load` takes.
        a, b: what `MatchPanel.show` takes; or dropped on the panel later.
        exact: each end is the response itself and not only what the space makes of it: a cascade after the bank makes
            up for the rest, and fades to that of the other end.

    Raises:
        ValueError: a space or file that cannot be read.
    """

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        a: Target | str | os.PathLike | None = None,
        b: Target | str | os.PathLike | None = None,
        exact: bool = False,
    ) -> None:
        self.live = LivePanel(space)
        self.view = MorphView(self.live.space, exact)
        names = [f"z{i}" for i in range(self.live.space.latent_dim)]
        self._links = [ipywidgets.jslink((self.view, name), (self.live.view, name)) for name in names]
        super().__init__([self.view, self.live])
        self.view.observe(self._follow, ["a", "b", "t"])
        for slot, target in (("a", a), ("b", b)):
            if target is not None:
                self.show(slot, target)

    @property
    def t(self) -> float:
        """Where between the two: 0 at `a`, 1 at `b`."""
        return self.view.t

    @t.setter
    def t(self, t: float) -> None:
        if not 0 <= t <= 1:
            raise ValueError(f"t is {t}; it is 0 at a and 1 at b")
        self.view.t = float(t)

    @property
    def z(self) -> np.ndarray:
        """Where the instrument is, `(Z,)`."""
        return self.live.z

    def show(self, slot: str, target: Target | str | os.PathLike) -> None:
        """Puts a response, what `MatchPanel.show` takes, at one end: `"a"` or `"b"`.

        Raises:
            ValueError: another slot, or a file that cannot be read; the panel stays as it was.
        """
        if slot not in ("a", "b"):
            raise ValueError(f"slot is {slot!r}; it is 'a' or 'b'")
        self.view.put(slot, self.view.end(_read(target)))

    def close(self) -> None:
        for part in (*self._links, self.live, self.view, self.layout):
            part.close()
        super().close()

    def __repr__(self) -> str:
        a, b = (self.view.ends[slot].name if slot in self.view.ends else "nothing yet" for slot in "ab")
        return f"{type(self).__name__}({self.live.space.card.get('name', 'filter space')}, {a} to {b}, t={self.t:g})"

    def _picture(self) -> UIElement | None:
        here = self.view.here()
        if here is None:
            return None

        def level_db(z: np.ndarray, residual: Recipe | None) -> np.ndarray:
            series = [self.live.space.decode(z), *([] if residual is None else [residual])]
            return np.sum([np.asarray(recipe.response_db()) for recipe in series], axis=0)

        ends = {end.name: level_db(end.z, end.residual) for end in self.view.ends.values()}
        return plots.curves(ends | {f"t = {self.t:g}": level_db(*here)})

    def _follow(self, _: Any) -> None:
        here = self.view.here()
        if here is not None:
            self.live.z, self.live.residual = here


@dataclass(frozen=True, eq=False)
class End:
    """One end of a morph."""

    name: str
    z: np.ndarray  # (Z,), refined
    residual: Recipe | None  # the cascade that is still missing there


class MorphView(FilePanel):
    """The two zones and the slider (`static/views/morph.js`, which says what the traits mean)."""

    _esm = page.module_text("hosts/morph_widget.js")
    _css = page.style_text("hosts/morph_widget.js")
    a = traitlets.Dict().tag(sync=True)
    b = traitlets.Dict().tag(sync=True)
    t = traitlets.Float(0.0, min=0, max=1).tag(sync=True, echo_update=False)

    def __init__(self, space: FilterSpace, exact: bool) -> None:
        self.space, self.exact = space, exact
        self.ends: dict[str, End] = {}
        names = [f"z{i}" for i in range(space.latent_dim)]
        self.add_traits(**{name: traitlets.Float().tag(sync=True, echo_update=False) for name in names})
        super().__init__({})

    def end(self, target: Target) -> End:
        """Where a response is in the space."""
        level = spectrum_of(target)
        z = np.asarray(self.space.refine(level), np.float64)
        missing = residual(self.space.decode(z), level, SECTIONS) if self.exact else None
        return End(Path(target.name).name, z, missing)

    def put(self, slot: str, end: End) -> None:
        self.ends[slot] = end
        setattr(self, slot, {"name": end.name, "z": end.z.tolist()})

    def here(self) -> tuple[np.ndarray, Recipe | None] | None:
        """A part `t` of the way, z `(Z,)` and the residual; None before both responses are there."""
        if len(self.ends) < 2:
            return None
        a, b = self.ends["a"], self.ends["b"]
        z = (1 - self.t) * a.z + self.t * b.z
        if a.residual is None or b.residual is None:
            return z, None
        return z, _faded(((a.residual, 1 - self.t), (b.residual, self.t)))

    def take(self, slot: str, target: Target) -> None:
        if slot in ("a", "b"):
            busy = f"Encoding {Path(target.name).name}…"
            self._latest(slot, busy, partial(self.end, target), partial(self.put, slot))


def _faded(shares: tuple[tuple[Recipe, float], ...]) -> Recipe:
    """Cascades in series, each with its decibels times its share: with shares of 1 and 0, the one alone."""
    return Recipe.of(
        np.concatenate([recipe.hertz for recipe, _ in shares]),
        np.concatenate([recipe.q for recipe, _ in shares]),
        np.concatenate([recipe.gain_db * share for recipe, share in shares]),
        preamp_db=sum(share * float(0 if recipe.preamp_db is None else recipe.preamp_db) for recipe, share in shares),
    )


def _read(target: Target | str | os.PathLike) -> Target:
    return target if isinstance(target, Target) else curves.read_target(Path(target))


def _settings(sections: Sections) -> dict[str, Any]:
    """What the sliders of `static/views/match.js` show."""
    kind = "shelves" if sections.shelves else sections.topology
    low, high = sections.hertz
    return {"count": sections.count, "topology": kind, "low": low, "high": high, "rate": sections.sample_rate}


def _sections(known: Sections, settings: dict[str, Any]) -> Sections:
    """`known` with what the sliders say."""
    return replace(
        known,
        count=int(settings["count"]),
        topology="cascade" if settings["topology"] == "shelves" else settings["topology"],
        shelves=settings["topology"] == "shelves",
        hertz=(float(settings["low"]), float(settings["high"])),
        sample_rate=float(settings["rate"]),
    )


def _words(sections: Sections) -> str:
    """As "10 sections in series"."""
    how = "in parallel" if sections.topology == "parallel" else "in series"
    return f"{counted(sections.count, 'section')} {how}"


def _shown(match: Match) -> dict[str, Any]:
    """A match as `static/views/match.js` draws it: Hz and dB, lists of plain numbers."""
    centres = np.asarray(match.fitted.hertz, np.float64)
    centres = centres[(centres > 20) & (centres < 20_000)]  # so that no peak is cut between two points
    frequency = np.union1d(np.geomspace(20, 20_000, 361), centres)
    inside = (FREQUENCIES > 0) & (FREQUENCIES <= 20_000)
    recipes = {"encoded": match.encoded, "refined": match.refined, "fitted": match.fitted}
    return {
        "name": Path(match.target.name).name,
        "sections": _words(match.sections),
        "explained": explained(match.distance, match.z.size),
        "band": list(match.band),
        "z": match.z.tolist(),
        "distance": match.distance,
        "frequency": frequency.tolist(),
        "curves": {name: _rounded(recipe.response_db(frequency)) for name, recipe in recipes.items()},
        "target": {"frequency": FREQUENCIES[inside].tolist(), "level": _rounded(match.level_db[inside])},
        "error": {name: _rounded((match.level_db - _response(recipe))[inside]) for name, recipe in recipes.items()},
    }


def _rounded(level_db: ArrayLike) -> list[float]:
    return np.round(np.asarray(level_db, np.float64), 3).tolist()
