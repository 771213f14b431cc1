"""ComfyUI nodes: diagnose a wall, and let the better of several pass."""

from tiling_diag_nodes.nodes import TilingDiagnose, TilingGate

NODE_CLASS_MAPPINGS = {"TilingDiagnose": TilingDiagnose, "TilingGate": TilingGate}
NODE_DISPLAY_NAME_MAPPINGS = {
    "TilingDiagnose": "Diagnose tiling",
    "TilingGate": "Gate by tiling",
}

__all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS", "TilingDiagnose", "TilingGate"]
