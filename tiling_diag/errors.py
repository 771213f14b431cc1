"""What can go wrong, as exceptions a caller can tell apart."""


class TilingDiagError(Exception):
    """Root of every error this package raises on purpose."""


class InputError(TilingDiagError, ValueError):
    """An argument, file or tensor that the caller can fix; the message says how."""
