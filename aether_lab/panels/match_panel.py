"""From a measured response to a filter file: drop a file on the panel, copy it or correct it, export the filter.

The view (`static/views/match.js`) uploads a file in chunks and draws the result. Uploads are matched and exported in a
thread, so that the kernel remains responsive; calls from Python are synchronous. `match_target` needs no panel.
"""

import os
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from aether_lab.filters.correction import MAX_BOOST_DB, Correction, correction
from aether_lab.filters.device import DeviceProfile, as_device, device_names
from aether_lab.filters.device_correction import correction_with
from aether_lab.filters.device_fit import DeviceFit
from aether_lab.filters.fit import residual
from aether_lab.filters.recipe import Recipe
from aether_lab.filters.spec import AUDIBLE_HZ, Sections
from aether_lab.formats.export import FORMATS, Export, export
from aether_lab.model.match import Match, match_target
from aether_lab.model.posterior import widest_spread_db
from aether_lab.model.presets import model_name
from aether_lab.model.space import FilterSpace
from aether_lab.panels import correction_state, match_state
from aether_lab.panels.bundle import module_text, style_text
from aether_lab.panels.fan_state import fan_state
from aether_lab.panels.latent_panel import LatentPanel
from aether_lab.panels.measuring import MOST_SECTIONS
from aether_lab.panels.panel import StaticPicture, check_same_dimensions, synced
from aether_lab.panels.picture import Curve, levels, picture
from aether_lab.panels.upload import FilePanel
from aether_lab.signals.names import printable
from aether_lab.signals.target import Measured, Target, as_target
from aether_lab.signals.target_curves import Goal


class MatchPanel(StaticPicture, FilePanel):
    """Matches a measured response dropped on it with a space and with fitted sections, or corrects it, for download.

    `panel.match` is the `Match` on screen, or None; `panel.observe(f, names="match")`. A switch in the panel, or
    `correct` and `copy`, chooses what the sections are: the response itself, or its `correction` to a target.

    Args:
        space: a `FilterSpace`, or an argument of `FilterSpace.load`.
        target: anything `as_target` accepts.
        sections: the initial values of the sliders.
        device: a profile, a shipped name or a JSON file, whose settings are fitted instead of sections.

    Raises:
        ValueError: an unreadable space, target or profile.

    >>> from aether_lab import MatchPanel, Sections
    >>> panel = MatchPanel("2d")
    >>> panel.sections = Sections(6)
    >>> panel, panel.settings["count"]
    (MatchPanel(2d, no response), 6)
    >>> panel.close()
    """

    slots = ("target", "goal")
    _esm = module_text("hosts/match_widget.js")
    _css = style_text("hosts/match_widget.js")
    settings = synced(traitlets.Dict())
    shown = traitlets.Dict().tag(sync=True)
    match = traitlets.Instance(Match, allow_none=True)
    purpose = traitlets.Dict().tag(sync=True)
    correction = traitlets.Instance(Correction, allow_none=True)
    device_name = traitlets.Unicode("").tag(sync=True)  # of the device in the list, or "" for sections

    def __init__(
        self,
        space: FilterSpace | str | os.PathLike = "4d",
        target: Measured | None = None,
        sections: Sections = Sections(),
        device: DeviceProfile | str | os.PathLike | None = None,
    ) -> None:
        self.space = space if isinstance(space, FilterSpace) else FilterSpace.load(space)
        self._sections = sections
        self._target: Target | None = None  # of the match on screen or in progress
        self._goal: Goal = "flat"  # the last one that was named or dropped
        self._applied: dict[str, Any] = correction_state.COPY  # the purpose of what is on screen or in progress
        formats = [{"name": name, "title": kind.title, "suffix": kind.suffix} for name, kind in FORMATS.items()]
        self._devices = {name: DeviceProfile.load(name) for name in device_names()}
        chosen = self._listed(device)
        self._device_fit: DeviceFit | None = None  # the settings on screen
        devices = [{"name": name, "title": profile.name} for name, profile in self._devices.items()]
        super().__init__(
            {"formats": formats, "devices": devices, **correction_state.RANGES},
            settings=match_state.slider_values(sections),
            purpose=correction_state.COPY,
            device_name=chosen,
        )
        self.observe(self._follow_sliders, "settings")
        self.observe(self._follow_purpose, "purpose")
        self.observe(self._follow_device, "device_name")
        if target is not None:
            self.show(target)

    @property
    def sections(self) -> Sections:
        """The sections to fit. Setting them fits again and moves the sliders."""
        return self._sections

    @sections.setter
    def sections(self, sections: Sections) -> None:
        self._drop("match")
        if self._target is not None:
            self._keep(self._made(self._target, sections))
        self._sections = sections
        self.settings = match_state.slider_values(sections)

    @property
    def device(self) -> DeviceProfile | None:
        """The device that is fitted, chosen by its name in `device_name`, or None where sections are."""
        return self._devices.get(self.device_name)

    def _listed(self, device: DeviceProfile | str | os.PathLike | None) -> str:
        """The name of a device in the list; one that is not shipped is added to it."""
        if device is None or str(device) in self._devices:
            return "" if device is None else str(device)
        profile = as_device(device)
        self._devices[profile.name] = profile
        return profile.name

    @property
    def z(self) -> np.ndarray | None:
        """The latent point of the response, `(Z,)`, encoded and refined, or None."""
        return None if self.match is None else self.match.z

    @property
    def recipe(self) -> Recipe | None:
        """The filter on screen, fitted or correcting, or None."""
        if self.match is None:
            return None
        return self.match.fitted if self.correction is None else self.correction.recipe

    def show(self, target: Measured) -> None:
        """Matches anything that `as_target` accepts.

        Raises:
            ValueError: an unreadable file; the panel is unchanged.
        """
        known = as_target(target)
        for key in ("match", "read target"):
            self._drop(key)
        self._keep(self._made(known, self.sections))
        self._target, self.error = known, ""

    def correct(self, target: Goal = "flat", max_boost_db: float = MAX_BOOST_DB) -> None:
        """From now on the filter corrects the response to a target, within the band of the sections.

        >>> from aether_lab import Curve, MatchPanel, Sections
        >>> panel = MatchPanel("2d", Curve([20, 1000, 20_000], [6, 0, -6]), Sections(4))
        >>> panel.correct("tilt:-0.5")
        >>> panel.correction.target_label, panel.recipe is panel.correction.recipe
        ('tilt -0.5 dB per octave', True)
        >>> panel.close()

        Args:
            target: "flat", a tilt, a curve or another measurement, as `filters.correction.correction` takes it.
            max_boost_db: the highest gain over the mean.

        Raises:
            ValueError: as `correction`; the panel is unchanged.
        """
        goal, purpose = correction_state.named(target, max_boost_db)
        self._drop("match")
        if self._target is not None:
            self._keep(self._made(self._target, self._sections, purpose, goal))
        self._goal = goal
        self._applied = purpose
        self.purpose = purpose

    def copy(self) -> None:
        """From now on the filter is the response itself."""
        self._drop("match")
        self._applied = {**self.purpose, "mode": "copy"}
        self.purpose = self._applied
        if self._target is not None and self.device is not None:
            self._keep(self._made(self._target, self._sections))
        self.correction = None

    def residual(self) -> Recipe:
        """A cascade of `sections` that in series with `space.decode(z)` reproduces the response.

        Raises:
            ValueError: there is no match.
        """
        match = self._matched()
        sections = replace(match.sections, topology="cascade", sample_rate=match.refined.sample_rate)
        return residual(match.refined, match.target, sections, band_hz=match.band_hz)

    def export(self, format: str, path: str | os.PathLike | None = None, **options: Any) -> Export:
        """The filter on screen in one of `formats.export.FORMATS`, also written to `path` if any; see `export`.

        Raises:
            ValueError: there is no match, or an unknown format.
        """
        match = self._matched()
        options = {"name": self._file_label(match), "device": self._device_on_screen(), **options}
        exported = export(self._on_screen(), format, **options)
        if path is not None:
            exported.save(Path(path))
        return exported

    def link(self, panel: LatentPanel, exact: bool = False) -> None:
        """From now on, each match sets z of another panel and draws the response behind its filter.

        Args:
            exact: also sets its `residual`, which makes the filter equal to the response at that z.

        Raises:
            ValueError: the spaces have different numbers of dimensions.
        """
        check_same_dimensions(panel.space, self.space)

        def follow(change: dict[str, Any]) -> None:
            old, new = change["old"], change["new"]
            if new is None:
                return
            if old is None or new.target is not old.target:
                panel.z = new.z
                panel.target = new.target
                panel.residual = None  # that of the previous response
            if exact:
                self._latest("residual", "Fitting the residual…", self.residual, partial(setattr, panel, "residual"))

        self.observe(follow, "match")
        follow({"old": None, "new": self.match})

    def receive(self, slot: str, target: Target) -> None:
        if slot == "goal":
            self._goal = target
            self.purpose = {**self.purpose, "mode": "correct", "goal": "file", "name": printable(target.label)}
            return
        hint = "" if self.match else " The first match takes some seconds."  # to compile
        self._match_later(target, f"Matching {target.label}…{hint}")

    def respond(self, content: dict[str, Any]) -> None:
        """Exports when the button of a format is pressed."""
        if content["type"] != "export":
            return
        reply: dict[str, Any] = {"type": "export", "id": content.get("id")}
        format = str(content.get("format"))

        def deliver(job: Future[Export]) -> None:
            if job.cancelled():
                return
            exported = None
            with self._report_errors():
                exported = job.result()
            if exported is None:
                self.send({**reply, "error": True})
                return
            deviation = f"worst deviation {exported.worst_db:.2g} dB, 20 Hz to 20 kHz."
            reply["file"] += exported.suffix
            self.send({**reply, "words": deviation, "notes": list(exported.notes)}, [exported.content])

        with self._report_errors():
            match = self._matched()
            source = Path(printable(match.target.label))
            corrected = "" if self.correction is None else "-correction"
            reply["file"] = f"{source.stem}{corrected}-{format}"
            label, device = self._file_label(match), self._device_on_screen()
            self._in_thread(partial(export, self._on_screen(), format, name=label, device=device), deliver)

    def _matched(self) -> Match:
        if self.match is None:
            raise ValueError("there is no match: drop a file on the panel, or call show")
        return self.match

    def _known(self, target: Target) -> Match | None:
        """The match on screen if it has this target, so that only its sections are fitted again."""
        return self.match if self.match is not None and self.match.target is target else None

    def _device_on_screen(self) -> DeviceProfile | None:
        """The device whose settings are on screen, for their export."""
        return _device_of(self._device_fit)

    def _on_screen(self) -> Recipe:
        self._matched()
        assert self.recipe is not None
        return self.recipe

    def _file_label(self, match: Match) -> str:
        label = printable(match.target.label)
        made = self.correction
        return Path(label).name if made is None else f"{Path(label).name}, corrected to {printable(made.target_label)}"

    def _made(
        self,
        target: Target,
        sections: Sections,
        purpose: dict[str, Any] | None = None,
        goal: Goal | None = None,
    ) -> tuple[Match, Correction | None, DeviceFit | None]:
        """The match of a target, its correction where one is asked for, and the settings of the device."""
        purpose = self.purpose if purpose is None else purpose
        known, device = self._known(target), self.device
        copied = device if purpose["mode"] == "copy" else None
        refit = known is None or known.sections != sections or _device_of(known.device_fit) is not copied
        capacity = MOST_SECTIONS if sections.n_sections <= MOST_SECTIONS else None
        match = match_target(self.space, target, sections, known, copied, capacity) if refit else known
        assert match is not None
        if purpose["mode"] == "copy":
            return match, None, match.device_fit
        chosen = correction_state.goal_of(purpose, self._goal if goal is None else goal)
        low, high = sections.frequency_range_hz
        band_hz = max(low, AUDIBLE_HZ[0]), min(high, AUDIBLE_HZ[1])
        limits = {"max_boost_db": purpose["boost"], "spread_db": widest_spread_db([target])}
        made = correction(target, chosen, sections, band_hz=band_hz, capacity=capacity, **limits)
        return (match, made, None) if device is None else (match, *correction_with(made, device))

    def _match_later(self, target: Target, busy: str, dragged: bool = False) -> None:
        self._target = target
        work = partial(self._made, target, self._sections, dict(self.purpose), self._goal)
        self._latest("match", busy, work, self._keep, dragged)

    def _keep(self, made: tuple[Match, Correction | None, DeviceFit | None]) -> None:
        match, correction, self._device_fit = made
        with self.hold_sync():
            self.match, self.correction = match, correction

    def _follow_purpose(self, change: dict[str, Any]) -> None:
        """Copies or corrects again, as the switch in the browser says."""
        with self._report_errors():
            wanted = change["new"]
            if wanted == self._applied:
                return
            correction_state.check(wanted)
            self._applied = wanted
            waits_for_file = wanted["goal"] == "file" and not isinstance(self._goal, Target)
            if self._target is not None and not (wanted["mode"] == "correct" and waits_for_file):
                self._match_later(self._target, "Correcting…" if wanted["mode"] == "correct" else "Fitting…")

    def _follow_sliders(self, _: Any) -> None:
        with self._report_errors():
            sections = match_state.sections_from(self._sections, self.settings)
            if sections == self._sections:
                return
            self._sections = sections
            if self._target is not None:
                self._match_later(self._target, f"Fitting {match_state.label(sections)}…", dragged=True)

    @traitlets.validate("device_name")
    def _known_device(self, proposal: dict[str, Any]) -> str:
        name = proposal["value"]
        if name and name not in self._devices:
            raise ValueError(f"device {name!r}; allowed are {', '.join(self._devices)}")
        return name

    def _follow_device(self, _: Any) -> None:
        with self._report_errors():
            if self._target is not None:
                what = match_state.label(self._sections) if self.device is None else self.device.name
                self._match_later(self._target, f"Fitting {what}…")

    @traitlets.observe("match", "correction")
    def _draw(self, _: Any) -> None:
        if self.match is None:
            self.shown = {}
            return
        made = None if self.correction is None else correction_state.state(self.correction)
        lines = [] if self._device_fit is None else str(self._device_fit).splitlines()[1:]
        device = {"device": [printable(line) for line in lines]}
        fan = {"fan": fan_state(self.match.target, self.correction)}
        shown = match_state.state(self.match, self.space, self._device_fit)
        self.shown = {**shown, **device, **fan, "correction": made}

    def _picture(self) -> str | None:
        if not self.shown:
            return None
        if self.shown["correction"]:
            return correction_state.correction_picture(self.shown)
        shown, hertz = self.shown, self.shown["frequency"]
        target = Curve(shown["name"], shown["target"]["level"], "target", shown["target"]["frequency"])
        fitted = Curve(shown["sections"], shown["curves"]["fitted"], "sum", hertz)
        closest = Curve("closest in the space", shown["curves"]["refined"], "other", hertz)
        words = f"{target.name} and {fitted.name}, {shown['distance']['fitted']:.2f} dB away. {shown['explained']}"
        return picture(words, levels([fitted, closest, target]))

    def __repr__(self) -> str:
        on_screen = "no response" if self.match is None else printable(self.match.target.label)
        return f"{type(self).__name__}({model_name(self.space)}, {on_screen})"


def _device_of(fitted: DeviceFit | None) -> DeviceProfile | None:
    return None if fitted is None else fitted.device
