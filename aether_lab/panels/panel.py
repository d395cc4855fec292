"""The base of all panels: a latent point, its view in the browser, and a static picture."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from aether_lab.model.latent import latent_sizes
from aether_lab.model.points import kind_text, whole_point
from aether_lab.model.space import FilterSpace


class Latent(traitlets.TraitType):
    """A latent point of its owner's `space`: `(Z,)` float64, finite, read-only; set from any sequence.

    Where details are left out they become 0; where the kind is left out it stays.
    """

    def validate(self, obj: Any, value: ArrayLike) -> np.ndarray:
        dims = obj.space.latent_dim
        try:
            z = np.array(value, np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"z is {value!r}; it must be {dims} numbers") from error
        if z.ndim == 1 and z.size in latent_sizes(obj.space.settings)[1:]:
            z = obj.completed(z)
        if z.shape != (dims,):
            raise ValueError(f"z has shape {z.shape}; this space has {dims} dimensions, so it must be ({dims},)")
        if not np.isfinite(z).all():
            raise ValueError(f"z is {z.tolist()}; every value must be finite")
        z.flags.writeable = False
        return z

    def set(self, obj: Any, value: ArrayLike) -> None:
        z = self.validate(obj, value)
        if not np.array_equal(z, obj.z):
            super().set(obj, z)


def synced(trait: traitlets.TraitType) -> traitlets.TraitType:
    """Synchronises a trait without echo, because the echo of an old value would override a newer one."""
    return trait.tag(sync=True, echo_update=False)


class Knob(ipywidgets.FloatSlider):
    """A slider that knows whether the browser or the kernel moved it."""

    in_browser = False
    value = synced(traitlets.CFloat(0.0))

    def set_state(self, sync_data: dict[str, Any]) -> None:
        self.in_browser = True
        try:
            super().set_state(sync_data)
        finally:
            self.in_browser = False


class View(anywidget.AnyWidget):
    """The view of a space and a latent point in the browser, one trait per dimension."""

    space = traitlets.Dict().tag(sync=True)

    def __init__(self, space: dict[str, Any], z: np.ndarray, **traits: traitlets.TraitType) -> None:
        # `jslink` links traits, not their elements.
        self.add_traits(**{f"z{i}": synced(traitlets.Float()) for i in range(len(z))}, **traits)
        super().__init__(space=space)
        self.set_z(z)

    def set_z(self, z: np.ndarray) -> None:
        """Sets z in one message."""
        with self.hold_sync():
            for i, value in enumerate(z):
                setattr(self, f"z{i}", float(value))


def check_same_dimensions(follower: FilterSpace, leader: FilterSpace) -> None:
    """Raises a ValueError if the spaces have different numbers of dimensions, or other kinds."""
    if follower.latent_dim != leader.latent_dim:
        raise ValueError(
            f"cannot link a {follower.latent_dim}-dimensional panel to a {leader.latent_dim}-dimensional one"
        )
    if (follower.knobs, follower.kinds) != (leader.knobs, leader.kinds):
        raise ValueError("cannot link panels of spaces with different kinds or numbers of details")


class StaticPicture:
    """A widget that also displays a picture of itself, for readers where no program runs."""

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]  # of ipywidgets or anywidget
        if svg := self._picture():
            data = bundle[0] if isinstance(bundle, tuple) else bundle  # anywidget adds metadata
            data["image/svg+xml"] = svg
        return bundle

    def _picture(self) -> str | None:
        """An SVG of what is on screen, or None."""
        raise NotImplementedError


class Panel(StaticPicture, ipywidgets.VBox):
    """A latent point of a space and its view in the browser, synchronised in both directions.

    `panel.z`, `(Z,)`, is the latent point: read it, set it, `panel.observe(f, names="z")`. Any finite z is stored
    exactly.
    """

    z = Latent()
    space: FilterSpace
    view: Any = None  # a `View` after `__init__`

    def _begin(self, space: FilterSpace | str | os.PathLike) -> list[str]:
        """Sets the space before the view exists; returns the names of its dimensions."""
        self.space = space if isinstance(space, FilterSpace) else FilterSpace.load(space)
        self._moving = False
        self._links: list[ipywidgets.jslink] = []
        self._names = [f"z{i}" for i in range(self.space.latent_dim)]
        return self._names

    @traitlets.default("z")
    def _origin(self) -> np.ndarray:
        return whole_point(self.space)

    def completed(self, z: ArrayLike) -> np.ndarray:
        """The whole points `(..., Z)` of `z`: details that are left out are 0, and the kind is the present one."""
        point = np.asarray(z, np.float64)
        whole = np.broadcast_to(self.z, (*point.shape[:-1], self.z.size)).copy()
        whole[..., : self.space.settings.latent_dim] = 0
        whole[..., : point.shape[-1]] = point
        return whole

    def _display_(self) -> View:
        """What marimo shows: it draws anywidgets, and none of the boxes of ipywidgets."""
        return self.view

    def link(self, other: "Panel") -> None:
        """Links z with another panel in the browser, in both directions; the other panel takes this z.

        Raises:
            ValueError: the spaces have different numbers of dimensions.
        """
        check_same_dimensions(other.space, self.space)
        other.z = self.z
        self._links += [ipywidgets.jslink((self.view, name), (other.view, name)) for name in self._names]

    def close(self) -> None:
        """Removes the panel from every page and frees its kernel resources."""
        if self.view is None:  # `__init__` raised
            return
        for widget in self._widgets():
            widget.layout.close()
            widget.close()
        for part in (*self._links, self.layout):
            part.close()
        super().close()

    def _widgets(self) -> list[ipywidgets.DOMWidget]:
        return [self.view, *(child for child in self.children if child is not self.view)]

    @traitlets.observe("z")
    def _push(self, _: dict[str, Any]) -> None:
        """Updates the view after z was set in the kernel."""
        if not self._moving:
            with self._move():
                self._show_z()

    def _show_z(self) -> None:
        self.view.set_z(self.z)

    def _follow_view(self, _: dict[str, Any]) -> None:
        """Updates z after it was set in the browser."""
        if not self._moving:
            with self._move():
                self.z = [getattr(self.view, name) for name in self._names]

    @contextmanager
    def _move(self) -> Iterator[None]:
        self._moving = True
        try:
            yield
        finally:
            self._moving = False

    def __repr__(self) -> str:
        point = ", ".join(f"{value:.2f}" for value in self.z[: self.space.settings.latent_dim])
        kind = f", kind={kind_text(self.space, self.z)}" if self.space.kinds else ""
        return f"{type(self).__name__}({self.view.space['name']}, z=[{point}]{kind})"
