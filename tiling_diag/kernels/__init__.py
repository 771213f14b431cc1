"""Tensor kernels: the transforms that the checks and the losses share.

Pure torch: tensors in, tensors out, batched over leading dimensions, on the device and in the
dtype of the input. Nothing here reads a file, prints, decides what is a defect or waits for a
value to reach the host. Frequencies are in cycles per pixel, lags and quefrencies in pixels.
"""
