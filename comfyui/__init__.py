"""What ComfyUI loads when this folder lies in its `custom_nodes`."""

import sys
from pathlib import Path

# ComfyUI loads the folder under a name of its own, and only what lies beside it is found.
sys.path.insert(0, str(Path(__file__).parent))

from tiling_diag_nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
