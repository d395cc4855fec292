"""What the tests of panels that receive files share."""

import asyncio

import pytest
from matching import SPACE, THREE, curve

from aether_lab.model.match import match_target


@pytest.fixture
def outside_a_loop():
    """Playwright leaves its event loop running in this thread after the browser tests, where it turns no more."""
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@pytest.fixture(scope="module")
def matched():
    return match_target(SPACE, curve(), THREE)
