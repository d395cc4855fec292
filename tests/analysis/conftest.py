import pytest
from spaces import space_with_kinds


@pytest.fixture(scope="session")
def with_kinds():
    """Two knobs, two details and three kinds."""
    return space_with_kinds(latent_dim=4, details=2)
