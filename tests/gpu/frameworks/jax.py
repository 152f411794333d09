"""Products and convolutions in JAX, with the switch that impls/jax/backend.py sets."""

import jax
import jax.numpy as jnp

SIDE, CHANNELS = 256, 64


def prepare(device: str):
    """Return the operations by their names; the device is the first that JAX finds."""

    def switch(allows_tf32: bool) -> None:
        precision = "tensorfloat32" if allows_tf32 else "highest"
        jax.config.update("jax_default_matmul_precision", precision)

    def multiply(value: float, allows_tf32: bool) -> float:
        switch(allows_tf32)
        left = jnp.full((SIDE, SIDE), value, jnp.float32)
        return float(jax.jit(jnp.matmul)(left, jnp.eye(SIDE))[0, 0])

    def convolve(value: float, allows_tf32: bool) -> float:
        switch(allows_tf32)
        images = jnp.full((8, 16, 16, CHANNELS), value, jnp.float32)
        kernel = jnp.zeros((3, 3, CHANNELS, CHANNELS)).at[1, 1].set(jnp.eye(CHANNELS))

        def convolve_images(images, kernel):
            return jax.lax.conv_general_dilated(
                images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )

        return float(jax.jit(convolve_images)(images, kernel)[0, 8, 8, 0])

    return {"product": multiply, "convolution": convolve}
