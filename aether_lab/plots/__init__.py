"""Bokeh figures from arrays; showing them in a notebook and saving them."""

from aether_lab.plots.responses import COLOURS as COLOURS
from aether_lab.plots.responses import INK as INK
from aether_lab.plots.responses import browser as browser
from aether_lab.plots.responses import corpus as corpus
from aether_lab.plots.responses import curves as curves
from aether_lab.plots.responses import ladder as ladder
from aether_lab.plots.responses import map_2d as map_2d
from aether_lab.plots.responses import places as places
from aether_lab.plots.responses import response as response
from aether_lab.plots.responses import save as save
from aether_lab.plots.responses import show as show
from aether_lab.plots.responses import sweep as sweep
from aether_lab.plots.responses import training as training
