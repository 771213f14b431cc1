"""The clean latents that a model's output stands for, by what the model was trained to predict."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from tiling_diag.errors import InputError

Prediction = Literal["flow", "epsilon", "v_prediction"]
PREDICTIONS: tuple[Prediction, ...] = get_args(Prediction)


def check_prediction(prediction: str) -> None:
    """Raise `InputError` unless the prediction is known."""
    if prediction not in PREDICTIONS:
        raise InputError(f"prediction={prediction!r}: use one of {', '.join(PREDICTIONS)}")


def clean_latents(noisy: Tensor, output: Tensor, sigma: Tensor, prediction: Prediction) -> Tensor:
    """The clean latents ``x0``, with gradient to `output`.

    ``flow``: ``x_t = (1 - sigma) x0 + sigma noise``, the output is ``v = noise - x0``, so that
    ``x0 = x_t - sigma v``. ``epsilon`` and ``v_prediction`` keep the variance:
    ``x_t = alpha x0 + sigma noise`` with ``alpha^2 + sigma^2 = 1``, ``sigma`` the root of
    ``1 - alphas_cumprod[t]``. Then ``x0 = (x_t - sigma noise) / alpha``, and with
    ``v = alpha noise - sigma x0`` it is ``x0 = alpha x_t - sigma v``.

    Args:
        noisy: ``(B, C, h, w)`` the latents that the model saw.
        output: ``(B, C, h, w)`` what it gave.
        sigma: ``(B,)`` share of the noise, in [0, 1]; below 1 for ``epsilon``.
        prediction: what the output is.

    Returns:
        ``(B, C, h, w)`` float32 (float64 if the output is).

    References:
        Lipman et al., "Flow matching for generative modeling", ICLR 2023 (flow); Ho, Jain and
        Abbeel, "Denoising diffusion probabilistic models", NeurIPS 2020, equation 4 (epsilon);
        Salimans and Ho, "Progressive distillation for fast sampling of diffusion models", ICLR
        2022, section 4 (v).
    """
    dtype = torch.promote_types(output.dtype, torch.float32)
    noisy, output, sigma = noisy.detach().to(dtype), output.to(dtype), sigma.detach().to(dtype)
    sigma = sigma.view(-1, 1, 1, 1)
    if prediction == "flow":
        return noisy - sigma * output
    alpha = torch.sqrt(1 - sigma.square())
    if prediction == "epsilon":
        return (noisy - sigma * output) / alpha
    return alpha * noisy - sigma * output
