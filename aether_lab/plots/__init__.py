"""Bokeh figures of arrays, shown in a notebook or saved to files.

Levels are in dB over a log frequency axis from 20 Hz to 20 kHz; `F` is the 513 bins from 0 to 24 kHz unless
`frequency_hz` is passed. `style` says how figures look: in a notebook they have a transparent background and are
legible on light and dark pages; for papers and slides they are black on white. `save` writes them as HTML, PNG, SVG
and PDF. `to_matplotlib` gives a figure to go on with in Matplotlib, `rc_params` the style for plots of one's own.
"""

from aether_lab.plots.curve_band import band as band
from aether_lab.plots.distributions import posteriors as posteriors
from aether_lab.plots.graphs import lines as lines
from aether_lab.plots.latent import latent_points as latent_points
from aether_lab.plots.latent import map_2d as map_2d
from aether_lab.plots.latent import sweep as sweep
from aether_lab.plots.matplotlib_figure import rc_params as rc_params
from aether_lab.plots.matplotlib_figure import to_matplotlib as to_matplotlib
from aether_lab.plots.network import architecture as architecture
from aether_lab.plots.output import save as save
from aether_lab.plots.output import show as show
from aether_lab.plots.over_time import spectrograms as spectrograms
from aether_lab.plots.over_time import tracks as tracks
from aether_lab.plots.palette import COLOURS as COLOURS
from aether_lab.plots.palette import INK as INK
from aether_lab.plots.reports import corpus as corpus
from aether_lab.plots.reports import reconstruction as reconstruction
from aether_lab.plots.reports import training as training
from aether_lab.plots.responses import curves as curves
from aether_lab.plots.responses import response as response
from aether_lab.plots.styles import style as style
from aether_lab.plots.time_and_poles import poles as poles
from aether_lab.plots.time_and_poles import waveforms as waveforms
