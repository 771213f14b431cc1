"""One thread per process unless OMP_NUM_THREADS says otherwise: tests run side by side."""

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def remembered():
    """For modules that ask what is done with a diagnosis, not what it says."""
    import remembered as memory

    with pytest.MonkeyPatch.context() as patch:
        memory.use(patch)
        yield
