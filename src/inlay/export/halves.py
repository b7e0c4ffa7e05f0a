"""Weights stored in 16 bits where that loses nothing: half the file, the same pictures."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx_ir as ir

__all__ = ["store_halves"]

SMALL = 1024
"""Weights of fewer values are left alone: a cast each would cost more than they do."""


def store_halves(model: "ir.Model") -> int:
    """Store fp32 weights that fp16 holds exactly as fp16, each with a cast; returns how many.

    Snapshots hold numbers of fp16, so that it is nearly all of them. ONNX Runtime folds the casts when it
    opens the file, and computes in fp32 as before.
    """
    import onnx_ir as ir  # an extra, with which the model was made

    graph, stored = model.graph, 0
    for name, value in list(graph.initializers.items()):
        array = None if value.const_value is None else value.const_value.numpy()
        if array is None or array.dtype != np.float32 or array.size < SMALL:
            continue
        with np.errstate(over="ignore"):
            half = array.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), array):
            continue
        tensor = ir.tensor(half, name=f"{name}.half")
        small = ir.Value(
            name=tensor.name,
            const_value=tensor,
            type=ir.TensorType(ir.DataType.FLOAT16),
            shape=ir.Shape(half.shape),
        )
        cast = ir.node("Cast", [small], attributes={"to": int(ir.DataType.FLOAT)})
        (output,) = cast.outputs
        output.type, output.shape = value.type, value.shape
        value.replace_all_uses_with(output)
        del graph.initializers[name]
        output.name = name
        graph.register_initializer(small)
        graph.insert_before(graph[0], cast)
        stored += 1
    return stored
