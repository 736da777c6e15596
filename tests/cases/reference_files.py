"""Reference files: one flat float32 vector per case (.npz), the names and shapes of its parts (.json)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "references"


def write(name: str, cases: dict[str, dict[str, np.ndarray]], about: dict) -> None:
    """Writes `name.npz` and `name.json`.

    Args:
        name: file name without ending.
        cases: case -> part -> array.
        about: versions and remarks, put in the .json.
    """
    vectors, shapes = {}, {}
    for case, parts in cases.items():
        vectors[case] = np.concatenate([np.ravel(part).astype("float32") for part in parts.values()])
        shapes[case] = {key: list(np.shape(part)) for key, part in parts.items()}
    np.savez_compressed(FOLDER / f"{name}.npz", **vectors)
    lines = ",\n".join(f"  {json.dumps(case)}: {json.dumps(parts)}" for case, parts in shapes.items())
    (FOLDER / f"{name}.json").write_text(f'{{"about": {json.dumps(about)},\n "cases": {{\n{lines}\n}}}}\n')


def read(name: str) -> dict[str, dict[str, np.ndarray]]:
    """case -> part -> array, as given to `write` (in float32)."""
    shapes = json.loads((FOLDER / f"{name}.json").read_text())["cases"]
    with np.load(FOLDER / f"{name}.npz") as vectors:
        return {case: _parts(vectors[case], parts) for case, parts in shapes.items()}


def _parts(vector: np.ndarray, shapes: dict[str, list[int]]) -> dict[str, np.ndarray]:
    sizes = [int(np.prod(shape)) for shape in shapes.values()]
    pieces = np.split(vector, np.cumsum(sizes)[:-1])
    return {key: piece.reshape(shape) for (key, shape), piece in zip(shapes.items(), pieces, strict=True)}


def distance(ours: np.ndarray, reference: np.ndarray, floor: float = 0.1) -> float:
    """Largest difference, relative to the largest number of the reference, or to `floor` if that is smaller.

    Small entries are sums of large ones that cancel: their own relative error says nothing. The gradient of
    an attention's key bias, for one, is exactly zero, and 1e-8 in single precision.
    """
    if reference.size == 0:
        return 0.0
    scale = max(float(np.abs(reference).max()), floor)
    return float(np.abs(ours.astype("float64") - reference).max()) / scale
