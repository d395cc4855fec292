"""Filters: biquads, banks, recipes, and fitting them to a curve. JAX; no network."""
