"""Names of knobs, from where each acts.

The bands and their names are those of mixing: Kulka, "Equalization: The Highest, Most Sustained Expression of the
Recordist's Heart", Recording Engineer/Producer, November 1972, quoted in Owsinski, *The Mixing Engineer's Handbook*.
The low mids reach 2 kHz there; as in later lists, their part above 500 Hz is called mids here. Shelves at the ends have
the names of tone controls. The further names are what boosting a band is said to add.
"""

from collections.abc import Iterable, Sequence

BANDS = (
    (250.0, ("Bass", "Warmth")),
    (500.0, ("Low mids", "Body")),
    (2_000.0, ("Mids", "Middle")),
    (4_000.0, ("High mids", "Bite")),
    (6_000.0, ("Presence", "Clarity")),
    (float("inf"), ("Brilliance", "Sparkle")),
)
"""The upper end of each band, Hz, and its names."""

LOW_SHELF, HIGH_SHELF = ("Bass", "Low end"), ("Treble", "Air", "Highs")


def band_names(frequency_hz: float) -> tuple[str, ...]:
    """Names of the band around a frequency, the usual one first.

    >>> band_names(3400.0)
    ('High mids', 'Bite')
    """
    return next(names for end, names in BANDS if frequency_hz < end)


def distinct(choices: Iterable[Sequence[str]]) -> list[str]:
    """The first name of each choice that is not taken; after the last, the first with a number.

    >>> distinct([("Bass", "Warmth"), ("Bass", "Warmth"), ("Bass", "Warmth")])
    ['Bass', 'Warmth', 'Bass 2']
    """
    taken: list[str] = []
    for names in choices:
        numbered = (f"{names[0]} {count}" for count in range(2, len(taken) + 3))
        taken.append(next(name for name in (*names, *numbered) if name not in taken))
    return taken
