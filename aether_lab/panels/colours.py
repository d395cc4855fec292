"""The colours of the panels on light and dark pages, as the variables of their style sheets: those of the figures."""

from collections.abc import Mapping

from aether_lab.plots.palette import DARK, HUES, LIGHT

# Variable of the style sheets (`--aether-…`), and its hue on a light and on a dark page.
_ROLES = {
    "sum": ("blue", "blue"),
    "plus": ("sky", "sky"),
    "minus": ("orange", "orange"),
    "warn": ("red", "orange"),  # text: contrast of at least 4.5 to 1
    "refined": ("orange", "orange"),
    # Families of landmarks; each also has its own shape.
    "room": ("blue", "blue"),
    "plate": ("orange", "orange"),
    "cabinet": ("red", "red"),
    "microphone": ("purple", "purple"),
    "ear": ("green", "green"),
    "headphone": ("sky", "sky"),
    "loudspeaker": ("olive", "olive"),
    "gear": ("grey", "grey"),
    "object": ("brown", "brown"),
}


def colours() -> dict[str, tuple[str, str]]:
    """Of each variable the colour on a light and on a dark page."""
    light, dark = dict(zip(HUES, LIGHT, strict=True)), dict(zip(HUES, DARK, strict=True))
    return {name: (light[on_light], dark[on_dark]) for name, (on_light, on_dark) in _ROLES.items()}


def colour_rules() -> str:
    """A style sheet that declares the variables, in JupyterLab by its theme and elsewhere by that of the system."""
    light = _declared({name: pair[0] for name, pair in colours().items()})
    dark = _declared({name: pair[1] for name, pair in colours().items()})
    return (
        f".aether-explorer {{\n{light}}}\n\n"
        f'[data-jp-theme-light="false"] .aether-explorer {{\n{dark}}}\n\n'
        f"@media (prefers-color-scheme: dark) {{\nbody:not([data-jp-theme-light]) .aether-explorer {{\n{dark}}}\n}}\n"
    )


def _declared(values: Mapping[str, str]) -> str:
    return "".join(f"  --aether-{name}: {value};\n" for name, value in values.items())
