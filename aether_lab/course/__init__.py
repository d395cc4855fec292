"""The course: exercises that check themselves, listening tests, and what the notebooks show beside the package."""

from aether_lab.course.abx import abx
from aether_lab.course.check import check
from aether_lab.course.claim import claim
from aether_lab.course.listen import listen

__all__ = ["abx", "check", "claim", "listen"]
