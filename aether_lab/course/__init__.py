"""The course: exercises that check themselves, listening tests, and what the notebooks show beside the package."""

from aether_lab.course.check import check

__all__ = ["check"]
