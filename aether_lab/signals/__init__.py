"""What was measured: impulse responses, curves, spectra and corpora of them. NumPy only; no JAX."""
