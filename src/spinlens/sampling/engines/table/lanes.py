"""Vectors of eight lanes for the kernels of this engine, beside `spinlens.sampling.engines.bits.words`."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from spinlens.sampling.engines.bits.words import WIDTH, words

LANES = 64
"""Chains that move side by side."""

_ONE = np.uint64(1)


@intrinsic
def load_wide(_typing: Any, array: Any, start: Any) -> Any:
    """Return eight numbers of a contiguous unsigned array, from flat index ``start`` on, as words; unchecked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        narrow = ir.VectorType(ir.IntType(array.dtype.bitwidth), WIDTH)
        pointer = builder.bitcast(builder.gep(data, [args[1]]), narrow.as_pointer())
        loaded = builder.load(pointer, align=array.dtype.bitwidth // 8)
        return builder.zext(loaded, ir.VectorType(ir.IntType(64), WIDTH))

    return words(array, types.intp), generate
