"""`listen({name: samples})`: sounds of a notebook as labelled players, which a stored page plays too."""

import base64
import html
import io
from collections.abc import Mapping

import numpy as np
import soundfile
from numpy.typing import ArrayLike

from aether_lab.audio.loudness import PEAK, matched

_PLAYER = (
    '<figure style="display:inline-block;margin:0 1em .5em 0"><figcaption>{name}</figcaption>'
    '<audio controls preload="metadata" aria-label="{name}" src="{address}"></audio></figure>'
)


class Sounds:
    """Players of named sounds, one beside the other."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self.addresses = dict(addresses)

    def __repr__(self) -> str:
        return f"Sounds({', '.join(self.addresses)})"

    def _repr_html_(self) -> str:
        escaped = [(html.escape(name, quote=True), address) for name, address in self.addresses.items()]
        return "\n".join(_PLAYER.format(name=name, address=address) for name, address in escaped)


def listen(sounds: Mapping[str, ArrayLike], sample_rate: float, match: bool = True) -> None:
    """Shows a player for each sound.

    Args:
        sounds: name -> `(T,)` or `(T, C)`.
        sample_rate: of all of them, Hz.
        match: brings them to equal loudness. Otherwise their levels differ as they do, and the highest peak is 0.9.

    Raises:
        ValueError: no sounds, or one that is empty, silent or not finite.

    >>> import numpy as np
    >>> listen({"a tone": np.sin(np.arange(4800) / 10)}, 48_000)
    Sounds(a tone)
    """
    from IPython.display import display

    if not sounds:
        raise ValueError("there are no sounds to hear")
    display(Sounds(dict(zip(sounds, addresses(list(sounds.values()), sample_rate, match), strict=True))))


def addresses(sounds: list[ArrayLike], sample_rate: float, match: bool) -> list[str]:
    """The sounds as `data:` addresses of 16-bit FLAC, at levels that may be compared."""
    levelled = matched(*sounds, sample_rate=sample_rate)
    if not match:
        raw = [np.asarray(each, np.float64) for each in sounds]
        peak = max(float(np.abs(each).max()) for each in raw)
        levelled = [PEAK / peak * each for each in raw]
    return [address(each, sample_rate) for each in levelled]


def address(samples: np.ndarray, sample_rate: float, lossy: bool = False) -> str:
    """A sound as a `data:` address: 16-bit FLAC, or MP3, which is smaller, for long sounds."""
    file = io.BytesIO()
    if lossy:
        soundfile.write(file, samples, int(sample_rate), "MPEG_LAYER_III", format="MP3", compression_level=0.3)
    else:
        soundfile.write(file, samples, int(sample_rate), "PCM_16", format="FLAC")
    return f"data:audio/{'mpeg' if lossy else 'flac'};base64,{base64.b64encode(file.getvalue()).decode()}"
