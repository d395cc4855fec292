"""Bokeh figures from arrays; showing them in a notebook and saving them.

Levels are in dB over frequency in Hz on a log axis from 20 Hz to 20 kHz. Where a function takes spectra, `F` is the 513
bins from 0 to 24 kHz unless `frequency` says otherwise. Backgrounds are transparent and every colour is of middle
lightness, so that one figure reads on a light and on a dark page; the colours stay apart for colour-blind eyes.
"""

from aether_lab.plots.latent import latent_points as latent_points
from aether_lab.plots.latent import map_2d as map_2d
from aether_lab.plots.latent import sweep as sweep
from aether_lab.plots.output import browser as browser
from aether_lab.plots.output import save as save
from aether_lab.plots.output import show as show
from aether_lab.plots.reports import corpus as corpus
from aether_lab.plots.reports import reconstruction as reconstruction
from aether_lab.plots.reports import training as training
from aether_lab.plots.responses import curves as curves
from aether_lab.plots.responses import response as response
from aether_lab.plots.style import COLOURS as COLOURS
from aether_lab.plots.style import INK as INK
