"""What many tests measure is measured once in a process.

A wall is known by every value of its picture, mask and reference, and by the settings. What comes
before the measuring (files, options) and after it (findings, reports) is done anew each time.
"""

import dataclasses
import hashlib

import tiling_diag.diagnosis
from tiling_diag.checks.measure import measure, read_reference

MOST = 100
_WALLS: dict = {}
_REFERENCES: dict = {}


def measure_once(inputs, reference, settings, device):
    """As `measure`; walls that come together are measured together."""
    if len(inputs) > 1:
        return measure(inputs, reference, settings, device)
    (wall,) = inputs
    of_reference = None if reference is None else _content(reference.image)
    key = (_content(wall.image), _content(wall.mask), of_reference, settings, str(device))
    (found,) = _known(_WALLS, key, lambda: measure(inputs, reference, settings, device))
    return [dataclasses.replace(found, names=wall.names, notes=wall.notes)]


def read_reference_once(image, device):
    """As `read_reference`."""
    key = (_content(image), str(device))
    return _known(_REFERENCES, key, lambda: read_reference(image, device))


def use(patch):
    """Measure once from here on, until the patch is undone."""
    patch.setattr(tiling_diag.diagnosis, "measure", measure_once)
    patch.setattr(tiling_diag.diagnosis, "read_reference", read_reference_once)


def _content(tensor):
    values = tensor.detach().cpu().contiguous()
    return tuple(values.shape), str(values.dtype), hashlib.sha256(values.numpy().data).hexdigest()


def _known(memory, key, find):
    if key not in memory:
        if len(memory) >= MOST:
            memory.pop(next(iter(memory)))
        memory[key] = find()
    return memory[key]
