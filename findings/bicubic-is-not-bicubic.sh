#!/usr/bin/env bash
# "Bicubic" sounds like one filter. With the same image and size, torch 2.13.0 uses the kernel with a = -0.75, and with
# antialias=True, even where it enlarges and there is nothing to smooth, the one with a = -0.5, which is what jax 0.10.2
# and Pillow 13.0.0 use. So a flag that should not matter when enlarging changes pixels by 6 % of their range, and
# position embeddings or images that are resized in one framework are not those that another one was trained with.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 jax==0.10.2 pillow==13.0.0 numpy==2.4.6 # a CPU build of torch is enough
export OMP_NUM_THREADS=2 NPROC=2 JAX_PLATFORMS=cpu
"$work/venv/bin/python" -W ignore - <<'PY'
import jax
import numpy as np
import PIL
import torch
from PIL import Image
from torch.nn.functional import interpolate

print("torch", torch.__version__, "jax", jax.__version__, "Pillow", PIL.__version__)


def kernel(x, a):
    x = abs(x)
    if x < 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0


def compare(name, response, a):
    """Compare the response to one bright pixel of eight, enlarged twice, with the kernel's."""
    expected = np.array([kernel((i + 0.5) / 2 - 0.5 - 4, a) for i in range(16)])
    error = abs(np.asarray(response).ravel() - expected).max()
    print(f"{name:28} is the kernel with a = {a}: off by {error:.0e}; values", np.asarray(response).ravel()[5:9])
    assert error < 1e-6


line = np.eye(1, 8, 4, dtype="float32")
image = torch.tensor(line)[None, None]
compare("torch", interpolate(image, size=(1, 16), mode="bicubic"), -0.75)
compare("torch, antialias=True", interpolate(image, size=(1, 16), mode="bicubic", antialias=True), -0.5)
compare("jax.image.resize", jax.image.resize(line, (1, 16), "cubic"), -0.5)
compare("Pillow", Image.fromarray(line).resize((16, 1), Image.Resampling.BICUBIC), -0.5)

picture = np.random.default_rng(0).random((14, 14), dtype="float32")
tensor = torch.tensor(picture)[None, None]
plain, smooth = (interpolate(tensor, size=(24, 24), mode="bicubic", antialias=flag)[0, 0].numpy() for flag in (False, True))
others = np.asarray(jax.image.resize(picture, (24, 24), "cubic"))
pillow = np.asarray(Image.fromarray(picture).resize((24, 24), Image.Resampling.BICUBIC))
print("14x14 to 24x24, values 0 to 1, largest difference:", f"torch with and without antialias {abs(plain - smooth).max():.3f},",
      f"torch without and Pillow {abs(plain - pillow).max():.3f}, torch with and Pillow {abs(smooth - pillow).max():.1e},",
      f"JAX and Pillow away from the edges {abs(others - pillow)[4:-4, 4:-4].max():.1e}")
assert abs(plain - smooth).max() > 0.05 and abs(plain - pillow).max() > 0.05 and abs(smooth - pillow).max() < 1e-5
PY
