"""Versions of z side by side, in slots A to D, and z as a permalink."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from aether_lab.model.permalink import permalink, read_permalink
from aether_lab.panels.panel import synced
from aether_lab.panels.state import DEFAULTS, SLOT_NAMES


class SlotTraits(traitlets.HasTraits):
    """The slots of a view, with an old z in the chosen one; `static/dsp/slots.js` changes them likewise."""

    slots = synced(traitlets.Dict(DEFAULTS["slots"]))
    slot = synced(traitlets.Enum(("", *SLOT_NAMES), DEFAULTS["slot"]))


class Slots(traitlets.HasTraits):
    """What a panel has to do with its slots."""

    view: Any
    space: Any
    z: Any

    @property
    def slots(self) -> dict[str, np.ndarray]:
        """The versions of z by letter, `(Z,)` each: set `panel.slots = {"A": z, "B": other}`; z itself stays.

        The chosen one follows z. `Motion("path", points=list(panel.slots.values()))` moves through them.

        Raises:
            ValueError: another name than A, B, C or D, or no z of this space.
        """
        slots = {name: np.array(z, np.float64) for name, z in self.view.slots.items()}
        if self.view.slot:
            slots[self.view.slot] = np.array(self.z)
        return dict(sorted(slots.items()))

    @slots.setter
    def slots(self, slots: Mapping[str, ArrayLike]) -> None:
        kept = {_checked(name): self._point(z).tolist() for name, z in slots.items()}
        self.view.slots = kept
        if self.slot and not (self.slot in kept and np.array_equal(kept[self.slot], self.z)):
            self.view.slot = ""  # z belongs to none of them

    @property
    def slot(self) -> str:
        """The chosen slot, which keeps every change of z; "" for none. Choosing another sets z; an empty one copies it.

        Raises:
            ValueError: another name than A, B, C or D.
        """
        return self.view.slot

    @slot.setter
    def slot(self, name: str) -> None:
        slots = self.slots
        z = slots.setdefault(_checked(name), np.array(self.z))
        with self.view.hold_sync():
            self.view.slots = {key: each.tolist() for key, each in slots.items()}
            self.view.slot = name
            self.z = z

    @property
    def permalink(self) -> str:
        """z as `"#z=…"`: append it to the address of an exported page, or set it to that of one.

        Raises:
            ValueError: no permalink, or one of another space.
        """
        return permalink(self.space, self.z)

    @permalink.setter
    def permalink(self, text: str) -> None:
        self.z = read_permalink(self.space, text)

    def _point(self, z: ArrayLike) -> np.ndarray:
        point = np.asarray(type(self).z.validate(self, z))  # type: ignore[attr-defined]  # of `Latent`
        return point


def _checked(name: str) -> str:
    if name not in tuple(SLOT_NAMES):
        raise ValueError(f"slot is {name!r:.100}; allowed are {', '.join(SLOT_NAMES)}")
    return name
