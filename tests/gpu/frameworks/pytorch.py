"""Products and convolutions in PyTorch, with the switches that impls/pytorch/backend.py sets."""

import torch
from torch.nn import functional

SIDE, CHANNELS = 256, 64


def prepare(device: str):
    """Return the operations by their names."""

    def switch(allows_tf32: bool) -> None:
        torch.set_float32_matmul_precision("high" if allows_tf32 else "highest")
        torch.backends.cudnn.allow_tf32 = allows_tf32

    def multiply(value: float, allows_tf32: bool) -> float:
        switch(allows_tf32)
        left = torch.full((SIDE, SIDE), value, device=device)
        return (left @ torch.eye(SIDE, device=device))[0, 0].item()

    def convolve(value: float, allows_tf32: bool) -> float:
        switch(allows_tf32)
        images = torch.full((8, CHANNELS, 16, 16), value, device=device)
        kernel = torch.zeros(CHANNELS, CHANNELS, 3, 3, device=device)
        kernel[range(CHANNELS), range(CHANNELS), 1, 1] = 1.0
        return functional.conv2d(images, kernel, padding=1)[0, 0, 8, 8].item()

    return {"product": multiply, "convolution": convolve}
