"""The plane of a latent space that a map shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.analysis.axis_words import axis_words
from aether_lab.model.points import whole_point
from aether_lab.model.presets import Presets
from aether_lab.model.space import FilterSpace


@dataclass(frozen=True)
class Plane:
    """The plane of a map: `(x, y)` are the knobs `centre + x * axes[0] + y * axes[1]`.

    `K` are the knobs of the space, all of z where it has no details and kinds.
    """

    centre: np.ndarray  # (K,)
    axes: np.ndarray  # (2, K), orthonormal
    share: tuple[float, float] | None  # of the landmarks' variance along each axis; None if the axes are z0 and z1

    @classmethod
    def of(cls, space: FilterSpace) -> "Plane":
        """The first two principal directions of the landmarks; z0 and z1 in 2-D or with fewer than 3 landmarks.

        Raises:
            ValueError: a space of one dimension.
        """
        dims = space.knobs
        if dims < 2:
            raise ValueError(f"the space has {dims} dimension; a map needs two dimensions or more")
        points = np.array([z[:dims] for z in Presets.landmarks(space).values()])
        if dims == 2 or len(points) < 3:
            return cls(np.zeros(dims), np.eye(dims)[:2], None)
        centre = points.mean(0)
        _, deviation, directions = np.linalg.svd(points - centre, full_matrices=False)
        axes = directions[:2] * np.sign(directions[:2, np.abs(directions[:2]).argmax(1)].diagonal())[:, None]
        share = deviation[:2] ** 2 / max((deviation**2).sum(), 1e-12)
        return cls(centre.round(6), axes.round(6), (float(share[0]), float(share[1])))

    def project(self, z: ArrayLike) -> np.ndarray:
        """`(x, y)` of points `(..., Z)`, `(..., 2)`."""
        return (np.asarray(z, np.float64)[..., : self.centre.size] - self.centre) @ self.axes.T

    def words(self, space: FilterSpace) -> list[str]:
        """What both axes do to the response, such as "dark ↔ bright"; "" where that is next to nothing."""
        ends = self.centre + np.stack([self.axes, -self.axes])  # (2, 2, K)
        up, down = np.asarray(space.response_db(whole_point(space, ends)))
        return axis_words(list(up - down))

    def label(self, axis: int, captions: Sequence[str], names: Sequence[str] = ()) -> str:
        """Label of an axis: its main components, by the names of the knobs, and its share of the landmarks' variance.

        A knob without a name is "z0"; its caption is added if its component is at least 0.9.
        """

        def title(k: int) -> str:
            return names[k] if k < len(names) else f"z{k}"

        if self.share is None:
            caption = captions[axis] if axis < len(captions) and axis >= len(names) else ""
            return f"{title(axis)} {caption}".strip()
        parts = sorted(enumerate(self.axes[axis]), key=lambda part: -abs(part[1]))
        large = [f"{value:+.2f} {title(k)}" for k, value in parts if abs(value) >= 0.3]
        terms = " ".join(large).replace("-", "\N{MINUS SIGN}")
        main = parts[0][0]
        caption = f" ({captions[main]})" if abs(parts[0][1]) >= 0.9 and len(names) <= main < len(captions) else ""
        return f"{terms}{caption}: {self.share[axis]:.0%} of the variance"
