"""Filters as files: a writer and a reader for each format."""
