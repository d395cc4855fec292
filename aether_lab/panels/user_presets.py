"""The user's presets of a panel."""

from typing import Any

import traitlets

from aether_lab.model.presets import Presets
from aether_lab.panels.panel import synced


class PresetTraits(traitlets.HasTraits):
    """The presets of a view, name -> z; `static/ui/kept_presets.js` keeps them in the browser."""

    presets = synced(traitlets.Dict())


class UserPresets(traitlets.HasTraits):
    """The presets of a panel, set from either side.

    A panel that begins without presets takes those that the browser has kept for this model, once it is shown there:
    those that were saved in any panel, in an earlier run of the cell, or in a page from the same place.
    """

    view: Any
    space: Any

    presets = traitlets.Instance(Presets, help="The user's own presets; the landmarks are `Presets.landmarks(space)`.")

    @traitlets.default("presets")
    def _no_presets(self) -> Presets:
        return Presets({}, self.space)

    @traitlets.validate("presets")
    def _of_this_space(self, proposal: dict[str, Any]) -> Presets:
        return proposal["value"].fit(self.space)

    @traitlets.observe("presets")
    def _push_presets(self, change: dict[str, Any]) -> None:
        self.view.presets = {name: list(z) for name, z in change["new"].items()}

    def _follow_presets(self, change: dict[str, Any]) -> None:
        """Updates the presets that were saved or deleted in the browser."""
        if {name: list(z) for name, z in self.presets.items()} != change["new"]:
            self.presets = Presets(change["new"], self.space)
