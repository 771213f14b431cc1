"""`python -m tiling_diag`: the command line."""

from __future__ import annotations

from tiling_diag.command.main import main

if __name__ == "__main__":
    main()
