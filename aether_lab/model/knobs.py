"""The range of the knobs of a space, as `static/dsp/knobs.js`."""

KNOB = 2.0
"""Half the range of a slider: two standard deviations of the prior to either side."""
