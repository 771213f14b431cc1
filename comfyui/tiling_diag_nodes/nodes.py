"""The nodes. A ComfyUI IMAGE is ``(B, H, W, C)`` in [0, 1], a MASK ``(B, H, W)`` or ``(H, W)``."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

import tiling_diag as td
from tiling_diag.training.ranking import badness
from tiling_diag.training.tensors import figure

CATEGORY = "image/tiling"
INPUTS = {
    "required": {"image": ("IMAGE",)},
    "optional": {
        "mask": ("MASK", {"tooltip": "White where the wall is; the whole picture without one."}),
        "reference": ("IMAGE", {"tooltip": "The material as it should be, at the wall's scale."}),
    },
}
UNKNOWN_PX = 0.0  # a FLOAT of ComfyUI can't be empty


class TilingDiagnose:
    """Measures a wall: an overview picture, a report, a verdict and its periods in px.

    Of a batch every picture is diagnosed; the text is of all, numbers are those of the first.
    """

    CATEGORY = CATEGORY
    DESCRIPTION = "Measures the tiling of a wall and says what is wrong with it."
    FUNCTION = "diagnose"
    OUTPUT_NODE = True
    RETURN_TYPES = ("IMAGE", "STRING", "STRING", "FLOAT", "FLOAT", "FLOAT")
    RETURN_NAMES = ("overview", "report", "verdict", "period_px", "unit_px", "course_px")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """Sockets of the node."""
        return INPUTS

    def diagnose(
        self, image: Tensor, mask: Tensor | None = None, reference: Tensor | None = None
    ) -> dict[str, Any]:
        """Run the node; periods are 0 where none was found."""
        found = diagnoses(image, mask, reference)
        texts = [report(one) for one in found]
        overviews = [torch.from_numpy(figure(one, "overview").copy()) for one in found]
        # A batch holds pictures of one size: figures grow with what there is to say.
        height, width = (max(one.shape[axis] for one in overviews) for axis in (0, 1))
        sheet = torch.ones(len(found), height, width, 3)
        for place, one in enumerate(overviews):
            sheet[place, : one.shape[0], : one.shape[1]] = one.float() / 255
        text = "\n\n".join(texts)
        summary = found[0].summary()
        lattice = summary["lattice"] or {}
        numbers = (
            summary["periods"]["fundamental_px"],
            lattice.get("unit_px"),
            lattice.get("course_px"),
        )
        periods = [UNKNOWN_PX if number is None else float(number) for number in numbers]
        result = (sheet, text, found[0].verdict, *periods)
        return {"ui": {"text": [text]}, "result": result}


class TilingGate:
    """Passes the best of several pictures, and says whether it is good enough."""

    CATEGORY = CATEGORY
    DESCRIPTION = (
        "Passes the picture of a batch whose tiling is best, for example of several seeds."
    )
    FUNCTION = "gate"
    RETURN_TYPES = ("IMAGE", "BOOLEAN", "INT", "STRING")
    RETURN_NAMES = ("image", "passed", "index", "report")
    LEVELS: ClassVar[list[str]] = ["defect", "suspect"]

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """Sockets and settings of the node."""
        stop = (
            cls.LEVELS,
            {"default": "defect", "tooltip": "The mildest verdict that does not pass."},
        )
        what = (
            ["pass anyway", "stop the workflow"],
            {"default": "pass anyway", "tooltip": "What happens if none is good enough."},
        )
        return INPUTS | {"required": {**INPUTS["required"], "fail_on": stop, "otherwise": what}}

    def gate(
        self,
        image: Tensor,
        fail_on: str,
        otherwise: str,
        mask: Tensor | None = None,
        reference: Tensor | None = None,
    ) -> tuple[Tensor, bool, int, str]:
        """Run the node.

        Raises:
            InputError: if no picture passes and the workflow is to stop.
        """
        found = diagnoses(image, mask, reference)
        index = min(range(len(found)), key=lambda place: badness(found[place]))
        best = found[index]
        stopped = {"defect": ("defect",), "suspect": ("suspect", "defect")}[fail_on]
        passed = best.verdict not in stopped
        text = "\n".join(f"{place}: {headline(one)}" for place, one in enumerate(found))
        if not passed and otherwise == "stop the workflow":
            raise td.InputError(f"no picture passes the gate (fail_on={fail_on}):\n{text}")
        return image[index : index + 1], passed, index, text


def diagnoses(image: Tensor, mask: Tensor | None, reference: Tensor | None) -> list[td.Diagnosis]:
    """Of every picture of a batch; a mask or reference of a batch of one is for all."""
    pictures = image.movedim(-1, 1)[:, :3]
    covers = None
    if mask is not None:
        covers = mask if mask.ndim == 3 else mask[None]
        covers = covers.expand(len(pictures), -1, -1) if len(covers) == 1 else covers
    material = None if reference is None else reference[0].movedim(-1, 0)[:3]
    return td.diagnose_batch(pictures, covers, material)


def headline(found: td.Diagnosis) -> str:
    """The verdict and the titles of the findings that it stands on."""
    titles = [one.title for one in found.findings if one.severity != "info"]
    return "; ".join([found.verdict, *titles])


def report(found: td.Diagnosis) -> str:
    """A few lines: the verdict, the lattice, and each finding with its cause and fix."""
    summary = found.summary()
    lattice = summary["lattice"]
    lines = [f"verdict: {found.verdict}"]
    if lattice is None:
        lines.append(f"no lattice: {summary['periodicity']['reason']}")
    else:
        for name in ("unit_px", "course_px", "angle_deg"):
            if lattice[name] is not None:
                lines.append(f"{name}: {lattice[name]:.4g}")
    for one in found.findings:
        if one.severity != "info":
            lines += [f"{one.code} ({one.probability:.2f}): {one.title}"]
            lines += [f"  cause: {one.cause}", f"  fix: {one.fix}"]
    return "\n".join(lines)
