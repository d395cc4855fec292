"""Presets, named latent points that users save and share, and the landmarks on a model's card.

A preset is a latent point z only; it contains no sound and no spectrum.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from aether_lab.model.card import LONGEST_NAME, checked_landmarks, checked_name, checked_preset
from aether_lab.model.space import FilterSpace
from aether_lab.signals.files import write_bytes
from aether_lab.signals.json_files import parse_json, read_parsed
from aether_lab.signals.names import printable

LARGEST_FILE = 1_000_000  # bytes, ten times the size of a thousand presets of eight dimensions


class Presets(Mapping[str, tuple[float, ...]]):
    """An immutable, ordered mapping of names to latent points of one space, tuples of `Z` numbers.

    `presets | {"other": z}` returns new presets. `presets.values()` are points for `Motion("path", points=...)` and
    `motion.loop`.

    Args:
        named: name -> z, `(Z,)`, finite. A name is one line of 1 to 80 characters.
        space: the space, or the name of its model.
        latent_dim: `Z`, where `space` is a name; default: that of the first preset.

    Raises:
        ValueError: an invalid name or point.

    >>> from aether_lab import Presets
    >>> presets = Presets({"dark": [0, 1]}, "2d") | {"bright": [0, -1]}
    >>> presets, presets["bright"]
    (Presets(dark, bright; 2d, 2 dimensions), (0.0, -1.0))
    """

    def __init__(
        self,
        named: Mapping[str, ArrayLike] | Iterable[tuple[str, ArrayLike]] = (),
        space: FilterSpace | str = "4d",
        latent_dim: int | None = None,
    ) -> None:
        pairs = list(named.items() if isinstance(named, Mapping) else named)
        if isinstance(space, FilterSpace):
            self.model, latent_dim = model_name(space), space.latent_dim
        else:
            self.model = space
        if latent_dim is None:
            if not pairs:
                raise ValueError("latent_dim is unknown without presets; pass it, or a FilterSpace")
            latent_dim = np.size(pairs[0][1])
        self.latent_dim = latent_dim
        self._named = {checked_name(name): checked_preset(name, z, latent_dim) for name, z in pairs}

    @classmethod
    def landmarks(cls, space: FilterSpace) -> "Presets":
        """The landmarks on a model's card, perhaps none.

        Raises:
            ValueError: they are not valid presets of this space.
        """
        try:
            return cls(checked_landmarks(space.card.get("landmarks", {}), space.latent_dim), space)
        except ValueError as error:
            raise ValueError(f"card of {model_name(space)}: {error}") from error

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Presets":
        """Reads a file that `save` wrote.

        Raises:
            ValueError: not a JSON file of presets; names the file and the reason.
            FileNotFoundError: there is no such file.
        """
        return read_parsed(path, cls.from_json, LARGEST_FILE)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Presets":
        """Reads text that `to_json` wrote.

        Raises:
            ValueError: other text; names what is missing or out of range.
        """
        state = parse_json(text)
        if not isinstance(state, dict) or not isinstance(state.get("presets"), dict):
            raise ValueError('no presets: expected {"model": "4d", "latent_dim": 4, "presets": {"name": [z0, ...]}}')
        model, latent_dim = state.get("model"), state.get("latent_dim")
        if not isinstance(model, str) or type(latent_dim) is not int or latent_dim < 1:
            raise ValueError(
                f'"model" is {model!r:.100}, "latent_dim" is {latent_dim!r:.100}; '
                "expected a name and an integer of at least 1"
            )
        return cls(state["presets"], printable(model, LONGEST_NAME), latent_dim)

    def to_json(self) -> str:
        """JSON with one line per preset, readable and editable."""
        lines = [f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(list(z))}" for name, z in self.items()]
        entries = "{\n" + ",\n".join(lines) + "\n }" if lines else "{}"
        model = json.dumps(self.model, ensure_ascii=False)
        return f'{{\n "model": {model},\n "latent_dim": {self.latent_dim},\n "presets": {entries}\n}}\n'

    def save(self, path: str | os.PathLike) -> Path:
        """Writes the presets as JSON and returns the path.

        Raises:
            ValueError: the path does not end in .json.
            FileNotFoundError: there is no such folder.
        """
        path = Path(path)
        if path.suffix.lower() != ".json":
            raise ValueError(f"{path}: presets are saved as .json; use a .json name")
        return write_bytes(path, self.to_json().encode("utf-8"))

    def fit(self, space: FilterSpace) -> "Presets":
        """Returns these presets if they belong to `space`; in another space the same z decodes to another filter.

        Raises:
            ValueError: another model or dimension.
        """
        if (self.model, self.latent_dim) != (model_name(space), space.latent_dim):
            raise ValueError(
                f"the presets belong to {self.model!r}, {self.latent_dim} dimensions; this space is "
                f"{model_name(space)!r}, {space.latent_dim} dimensions"
            )
        return self

    def __getitem__(self, name: str) -> tuple[float, ...]:
        return self._named[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    def __or__(self, more: Mapping[str, ArrayLike]) -> "Presets":
        return Presets({**self, **more}, self.model, self.latent_dim)

    def __repr__(self) -> str:
        return f"Presets({', '.join(self) or 'none'}; {self.model}, {self.latent_dim} dimensions)"


def model_name(space: FilterSpace) -> str:
    """The model's name on the card, on one line."""
    return printable(str(space.card.get("name", "filter space")), LONGEST_NAME)
