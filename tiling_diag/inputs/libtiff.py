"""What libtiff says of a damaged file while Pillow reads it: caught, not printed.

libtiff, with which Pillow decodes compressed TIFF, prints to standard error itself. It offers a
function that takes another place to say it; where Pillow's copy has no such function to be found
(on Windows), it prints as before.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class _Ears:
    """Takes libtiff's errors while any thread is inside, and tells each thread its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._own = threading.local()
        self._set: Any = None
        # Module, format and arguments; kept here, for libtiff holds only its address.
        self._take = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)(
            self._taken
        )
        self._before: Any = None

    def _taken(self, module: bytes | None, _format: bytes, _arguments: int) -> None:
        said = getattr(self._own, "said", None)
        if said is not None:
            said.append((module or b"libtiff").decode("ascii", "replace"))

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        self._own.said = []
        self._begin()
        try:
            yield self._own.said
        finally:
            self._end()
            self._own.said = None

    def _begin(self) -> None:
        with self._lock:
            if self._set is None:
                self._set = _handler_setter()
            if self._inside == 0:
                self._before = self._set(ctypes.cast(self._take, ctypes.c_void_p))
            self._inside += 1

    def _end(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._set(self._before)


def _handler_setter() -> Any:
    """The function of libtiff itself, or one that does nothing where there is none."""
    with suppress(OSError, AttributeError, TypeError):
        from PIL import _imaging

        # Names are looked for in the libraries that Pillow's own is linked to as well.
        setter = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
        setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
        return setter
    return lambda _: None


_EARS = _Ears()


def libtiff_errors() -> Any:
    """A context in which libtiff prints nothing; it gives a list of what complained, by name."""
    return _EARS.listening()
