"""LatentTilingLoss: the losses of `tiling_diag.losses` for models that work in latents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as recompute

from tiling_diag.errors import InputError
from tiling_diag.training.crops import Crops, choose_crops
from tiling_diag.training.denoised import Prediction, check_prediction, clean_latents
from tiling_diag.training.value_range import checked_range, to_unit

ItemLoss = Callable[[Tensor, Tensor, Tensor | None], Tensor]


class _HasTerms(Protocol):
    def item_terms(
        self, pred: Tensor, target: Tensor, mask: Tensor | None
    ) -> tuple[dict[str, Tensor], Tensor]: ...


class LatentTilingLoss(nn.Module):
    """Losses on a decoded crop of the clean picture that the model's output stands for.

    Forms the clean latents, cuts a crop inside the mask out of them, decodes it with gradients and
    compares it with the same crop of the target. An item whose `sigma` is above `sigma_max`, or
    whose mask covers no crop, is not decoded and counts as 0: the total is the sum over the items
    over the *batch* size. So it does not depend on how a batch is split over ranks or over
    accumulated steps, and no rank has to know how many items pass on another.

    Args:
        losses: a loss of `tiling_diag.losses`, or several by name. Any other callable of
            ``(pred, target, mask)``, pictures in [0, 1], that returns ``(B,)`` will do.
        decode: from latents ``(B, C, h, w)`` to pictures ``(B, 1 or 3, h * stride, w * stride)``:
            a full decoder or a tiny one. Freeze its parameters. It is no submodule of this one.
        value_range: of the decoded pictures and of the target, ``(0, 1)`` or ``(-1, 1)``.
        prediction: what the model's output is, see `clean_latents`.
        stride: px to a latent, along each side.
        token: latents to a token; crops lie on the grid of the tokens.
        crop: side of a crop in latents; five courses at least should fit.
        weights: of the losses by name; 1 for those not named.
        sigma_max: items with more noise do not count.
        schedule: weight of each item by its sigma, ``(B,)`` to ``(B,)``.
        every: computed at every so manieth step only, the first one included; its weight is not
            raised for that.
        min_coverage: an item without a crop that the mask covers by that share does not count.
        checkpoint: compute the decoder's activations again on the way back, in place of keeping
            them.
        dtype: what `decode` is given; None for the type of the model's output.

    Raises:
        InputError: if an option is out of its range.
    """

    def __init__(
        self,
        losses: nn.Module | Mapping[str, nn.Module | ItemLoss],
        decode: Callable[[Tensor], Tensor],
        *,
        value_range: tuple[float, float],
        prediction: Prediction = "flow",
        stride: int = 8,
        token: int = 2,
        crop: int = 32,
        weights: Mapping[str, float] | None = None,
        sigma_max: float = 0.7,
        schedule: Callable[[Tensor], Tensor] | None = None,
        every: int = 4,
        min_coverage: float = 0.5,
        checkpoint: bool = False,
        dtype: torch.dtype | None = None,
    ) -> None:
        """Check and keep the options."""
        super().__init__()
        self.losses = dict(losses) if isinstance(losses, Mapping) else {"tiling": losses}
        self.weights = dict.fromkeys(self.losses, 1.0) | dict(weights or {})
        unknown = sorted(self.weights.keys() - self.losses.keys())
        if not self.losses or unknown:
            raise InputError(
                f"weights for {unknown}, losses {sorted(self.losses)}: give at least one loss, and "
                "weights under the names of the losses"
            )
        check_prediction(prediction)
        for name, number in (("stride", stride), ("token", token), ("every", every)):
            if number < 1:
                raise InputError(f"{name}={number}: use a whole number from 1 on")
        if crop < token:
            raise InputError(f"crop={crop} latents: use at least token={token}")
        top = 1.0 if prediction == "flow" else 0.999
        if not 0 < sigma_max <= top:
            raise InputError(f"sigma_max={sigma_max}: use a share of noise in (0, {top:g}]")
        self.decode, self.prediction = decode, prediction
        self.value_range = checked_range(value_range)
        self.stride, self.token, self.crop, self.every = stride, token, crop, every
        self.sigma_max, self.schedule, self.min_coverage = sigma_max, schedule, min_coverage
        self.checkpoint, self.dtype = checkpoint, dtype
        self._calls = 0

    def __setattr__(self, name: str, value: object) -> None:
        """Keep a decoder that is a module out of `parameters`, `state_dict` and `train`."""
        if name == "decode":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)  # type: ignore[arg-type]

    def forward(
        self,
        noisy: Tensor,
        output: Tensor,
        sigma: Tensor,
        target: Tensor,
        mask: Tensor | None = None,
        *,
        step: int | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of a step, and its terms for the log.

        Args:
            noisy: ``(B, C, h, w)`` latents that the model saw, tokens unpacked.
            output: ``(B, C, h, w)`` the model's output.
            sigma: ``(B,)``, or any shape of B numbers, share of the noise in [0, 1].
            target: the clean picture ``(B, 1 or 3, h * stride, w * stride)``, or its latents
                ``(B, C, h, w)``, which are decoded without gradient.
            mask: ``(B, 1, h * stride, w * stride)`` in [0, 1], or None for the whole picture.
            step: of the optimizer; None counts the calls.
            generator: for the places of the crops.

        Returns:
            The total, float32 (an exact zero with a graph where no item passes), and the terms,
            without a graph: ``gate`` (share of items that were decoded), ``sigma`` (their mean),
            and each loss's terms as a mean over them, unweighted. On steps that `every` leaves
            out there are none.

        Raises:
            InputError: if shapes do not fit.
        """
        if step is None:
            # Kept still otherwise: a compiled graph is made anew for every value of it.
            step, self._calls = self._calls, self._calls + 1
        nothing = output.flatten()[:0].float().sum()
        if step % self.every:
            return nothing, {}
        sigma = self._checked(noisy, output, sigma, target, mask)
        crops = choose_crops(
            noisy,
            mask,
            side=self.crop,
            token=self.token,
            stride=self.stride,
            min_coverage=self.min_coverage,
            generator=generator,
        )
        passed = crops.counts & (sigma <= self.sigma_max)
        share = passed.float().mean()
        if torch.compiler.is_compiling():
            # No number of items that depends on their values: all are decoded, some count.
            index = torch.arange(len(noisy), device=noisy.device)
        else:
            index = passed.nonzero()[:, 0]
            if len(index) == 0:
                return nothing, {"gate": share}
        crops, passed = crops.keep(index), passed[index]
        # What does not pass may have no clean latents at all.
        sigma = torch.where(passed, sigma[index], 0.0)
        clean = clean_latents(
            crops.cut(noisy[index]), crops.cut(output[index]), sigma, self.prediction
        )
        pred = self._decoded(clean.to(self.dtype or output.dtype))
        with torch.no_grad():
            wanted = self._wanted(noisy, target, index, crops, pred)
        cover = None if mask is None else crops.cut(mask[index], self.stride).to(pred.dtype)
        weight = passed.to(pred.dtype) * (1.0 if self.schedule is None else self.schedule(sigma))
        total, terms = self._summed(pred, wanted, cover, weight, passed)
        terms |= {"gate": share, "sigma": sigma.sum() / passed.sum().clamp_min(1)}
        return total / len(noisy) + nothing, terms

    def _summed(
        self, pred: Tensor, wanted: Tensor, cover: Tensor | None, weight: Tensor, passed: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        total, terms = pred.new_zeros(()), {}
        for name, loss in self.losses.items():
            parts, counts = _item_terms(name, loss, pred, wanted, cover)
            counts = counts & passed
            for part, values in parts.items():
                kept = torch.where(counts, values, 0.0)
                total = total + self.weights[name] * (weight * kept).sum()
                terms[part] = kept.detach().sum() / counts.sum().clamp_min(1)
        return total, terms

    def _decoded(self, latents: Tensor) -> Tensor:
        """``(B, 1 or 3, H, W)`` float32 in [0, 1] by `value_range`; not clipped."""
        if self.checkpoint and torch.is_grad_enabled():
            pictures = recompute(self.decode, latents, use_reentrant=False)
        else:
            pictures = self.decode(latents)
        size = tuple(side * self.stride for side in latents.shape[-2:])
        if pictures.ndim != 4 or pictures.shape[1] not in (1, 3) or pictures.shape[-2:] != size:
            raise InputError(
                f"decode gave {tuple(pictures.shape)} for latents {tuple(latents.shape)} at "
                f"stride={self.stride}: it must give ({len(latents)}, 1 or 3, {size[0]}, {size[1]})"
            )
        return to_unit(pictures, self.value_range)

    def _wanted(
        self, noisy: Tensor, target: Tensor, index: Tensor, crops: Crops, pred: Tensor
    ) -> Tensor:
        if target.shape == noisy.shape:
            return self._decoded(crops.cut(target[index]).to(self.dtype or target.dtype))
        return to_unit(crops.cut(target[index], self.stride), self.value_range).to(pred.device)

    def _checked(
        self, noisy: Tensor, output: Tensor, sigma: Tensor, target: Tensor, mask: Tensor | None
    ) -> Tensor:
        """`sigma` as ``(B,)`` on the device of the latents."""
        if noisy.ndim != 4 or output.shape != noisy.shape:
            raise InputError(
                f"noisy is {tuple(noisy.shape)} and output {tuple(output.shape)}: pass both as "
                "(B, C, h, w), packed tokens unpacked first"
            )
        batch, size = noisy.shape[0], tuple(side * self.stride for side in noisy.shape[-2:])
        if batch == 0 or min(noisy.shape[-2:]) < self.token:
            raise InputError(
                f"noisy is {tuple(noisy.shape)}: give at least one item of "
                f"{self.token} x {self.token} latents"
            )
        if sigma.numel() != batch:
            raise InputError(
                f"sigma is {tuple(sigma.shape)}: pass ({batch},), one share of noise per item"
            )
        pixels = target.shape[:1] == (batch,) and target.shape[1:2] in ((1,), (3,))
        if target.shape != noisy.shape and not (pixels and tuple(target.shape[2:]) == size):
            raise InputError(
                f"target is {tuple(target.shape)}: pass the clean picture ({batch}, 1 or 3, "
                f"{size[0]}, {size[1]}), or its latents {tuple(noisy.shape)}"
            )
        if mask is not None and tuple(mask.shape) != (batch, 1, *size):
            raise InputError(
                f"mask is {tuple(mask.shape)}: pass ({batch}, 1, {size[0]}, {size[1]}) in px, or "
                "None for the whole picture"
            )
        return sigma.detach().to(device=noisy.device, dtype=torch.float32).reshape(batch)


def _item_terms(
    name: str, loss: nn.Module | ItemLoss, pred: Tensor, wanted: Tensor, cover: Tensor | None
) -> tuple[dict[str, Tensor], Tensor]:
    """Terms ``(B,)`` under names that begin with the loss's, and which items count."""
    own: Callable[..., tuple[dict[str, Tensor], Tensor]] | None = getattr(loss, "item_terms", None)
    if own is not None:
        terms, counts = own(pred, wanted, cover)
        return {f"{name}/{part}": value for part, value in terms.items()}, counts
    values = loss(pred, wanted, cover)
    if tuple(values.shape) != (len(pred),):
        raise InputError(
            f"loss {name!r} gave {tuple(values.shape)}: it must give ({len(pred)},), one number "
            'per item (reduction="none")'
        )
    return {name: values}, torch.ones(len(pred), dtype=torch.bool, device=pred.device)
