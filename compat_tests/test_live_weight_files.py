"""Weight files both ways with the Keras that is installed: it reads ours, and the stored ones are its own."""

from __future__ import annotations

import os
import subprocess

import pytest
from cases import reference_files
from cases.saving_cases import SAVING_CASES, answers, trained
from reference_keras import HERE, reference_python

import keras_torch

pytestmark = pytest.mark.slow
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Row -> our model, whose weights (and JSON) are in the folder under None."""
    folder = tmp_path_factory.mktemp("ours")
    models = {None: folder}
    for case in SAVING_CASES:
        models[case.name] = model = trained(keras_torch, case)
        model.save_weights(folder / f"{case.name}.weights.h5")
    return models


@pytest.fixture(scope="module")
def theirs(written):
    """What real Keras answers with our weights."""
    script, folder = str(HERE / "make_weight_files.py"), str(written[None])
    done = subprocess.run([reference_python(), script, "--read", folder, f"{folder}/answers"],
                          env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0 and "FAILED" not in done.stdout, done.stdout + done.stderr[-3000:]
    return reference_files.read(f"{folder}/answers")


@pytest.mark.parametrize("case", SAVING_CASES, ids=lambda case: case.name)
def test_real_keras_reads_our_files(case, written, theirs):
    for key, ours in answers(written[case.name], case).items():
        assert reference_files.distance(ours, theirs[case.name][key]) < TOLERANCE
