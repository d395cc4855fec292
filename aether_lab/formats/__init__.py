"""Filters as files: a writer beside its reader for each family of formats."""
