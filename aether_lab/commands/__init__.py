"""The commands of `aether_lab` in a terminal, a module each: `add_arguments(parser)` and `run(arguments)`."""

COMMANDS = {
    "corpus": "spectra of a large folder, kept on disk; continues when interrupted",
    "train": "train a model on folders of impulse responses",
    "evaluate": "reconstruction error by stage, dB",
    "beta": "what the weight of the KL term does: error, spread of codes, random draws",
    "knobs": "what each knob does, how uniform it is, and disentanglement scores",
    "sweep": "what each dimension of z does, as a figure",
    "page": "the live panel as one page that plays without Python or a network",
    "recipe": "fit a filter to a measured response and export it",
    "devices": "the equalisers whose settings recipe --device can fit",
    "ear": "find a filter by ear: compare two sounds again and again",
    "render": "a sound file through a filter in motion",
    "instrument": "a space as a C header or a Faust program, for plug-ins and other programs",
    "grade": "the rubric of a capstone: its files evaluated again",
    "lab": "JupyterLab on a folder of notebooks, with the settings that the panels need",
    "notebooks": "copy the tutorial notebooks into a folder",
}
"""Name and help of each; a module is imported when its command is called."""
