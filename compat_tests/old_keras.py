"""Real Keras 1.2.2, 2.2.4 and 2.3.1 under a Python of today, on the last Theano.

They were written for Python 2.7 to 3.7. What they miss since is put back here, before they are imported; none
of it changes a number. Make an environment for each, outside the repository, with Python 3.11:

    pip install "numpy==1.23.5" "scipy<1.11" "Theano-PyMC==1.1.2" "setuptools<60" h5py six pyyaml
    pip install --no-deps keras==1.2.2          # or keras==2.2.4, keras==2.3.1, then also:
    pip install --no-deps "keras-applications==1.0.8" "keras-preprocessing==1.1.2"

`import_keras()` works in those environments; other scripts find them by `KERAS1_PYTHON`, `KERAS22_PYTHON` and
`KERAS23_PYTHON`.
"""

from __future__ import annotations

import collections
import collections.abc
import importlib
import inspect
import os
import re
import sys
import tempfile
import textwrap
from typing import Any

VARIABLES = {"keras1": "KERAS1_PYTHON", "keras2.2": "KERAS22_PYTHON", "keras2.3": "KERAS23_PYTHON"}
# In Python alone, without a compiler: the check that asks for C kernels of convolutions is left out.
_THEANO = "cxx=,blas__ldflags=,floatX=float32,optimizer_excluding=AbstractConvCheck,base_compiledir={}"


def import_keras() -> Any:
    """The module `keras` of this environment, on Theano, with no settings read from the user's home."""
    folder = tempfile.mkdtemp(prefix="old_keras_")
    os.environ.update(KERAS_BACKEND="theano", HOME=folder, THEANO_FLAGS=_THEANO.format(folder))
    for name in ("Callable", "Iterable", "Mapping", "Sequence"):  # moved to collections.abc in Python 3.3
        setattr(collections, name, getattr(collections.abc, name))
    inspect.getargspec = _argspec  # gone in Python 3.11
    for name in ("signaltools", "sigtools"):  # gone in scipy 1.8; Theano's Python kernels use both
        sys.modules[f"scipy.signal.{name}"] = importlib.import_module(f"scipy.signal._{name}")
    streams = importlib.import_module("theano.sandbox.rng_mrg")
    streams.MRG_RandomStreams = streams.MRG_RandomStream
    importlib.import_module("theano.ifelse")  # Keras 1 takes it for granted
    _mend_pooling(importlib.import_module("theano.tensor.signal.pool"))
    return importlib.import_module("keras")


def _argspec(function: Any) -> Any:
    """What `inspect.getargspec` was."""
    spec = inspect.getfullargspec(function)
    kind = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
    return kind(spec.args, spec.varargs, spec.varkw, spec.defaults)


def _mend_pooling(pool: Any) -> None:
    """Theano's Python kernels of pooling index with lists of slices; numpy 1.23 wants tuples."""
    for cls in (pool.Pool, pool.AveragePoolGrad, pool.DownsampleFactorMaxGradGrad):
        source = textwrap.dedent(inspect.getsource(cls.perform))
        source = re.sub(r"\[\[(region_slices.*?range\(nd\))\]\]", r"[tuple(\1)]", source)
        source = source.replace("gxk[region_slice]", "gxk[tuple(region_slice)]")
        found: dict = {}
        exec(source, vars(pool), found)  # noqa: S102 - Theano's own source
        cls.perform = found["perform"]


def generation(keras: Any) -> str:
    """'keras1', 'keras2.2' or 'keras2.3'."""
    return {"1": "keras1", "2.2": "keras2.2", "2.3": "keras2.3"}[
        "1" if keras.__version__[0] == "1" else keras.__version__[:3]
    ]


if __name__ == "__main__":
    print(generation(import_keras()), "on", sys.version.split()[0])
