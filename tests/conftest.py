"""One thread per process unless OMP_NUM_THREADS says otherwise: tests run side by side."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
