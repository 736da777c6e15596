"""Every example runs, unmodified, and learns what it sets out to learn."""

import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
DIALECTS = {  # what `run` must guess
    "inception_block": "keras1",
    "mlp_input_dim": "keras2.3",
    "mnist_style_convnet": "tf.keras",
    "lstm_text_classifier": "tf.keras",
    "imbalanced_classes": "tf.keras",
    "hdf5_streaming": "keras2.3",
    "tensorflow_custom_loop": "tf.keras",
    "subclassed_model": "keras3",
}
SECONDS = 120  # far above what they take: a hang ends, a busy machine does not fail
NEEDS = {
    "digits_convnet": ["sklearn", "matplotlib"],
    **dict.fromkeys(
        [
            "mlp_input_dim",
            "residual_block",
            "inception_block",
            "autoencoder",
            "subclassed_model",
            "custom_training_loop",
            "keras_layers_in_torch",
            "gan_two_optimizers",
            "resume_training",
            "tensorflow_custom_loop",
        ],
        ["sklearn"],
    ),
}


def run_example(name, folder):
    for package in NEEDS.get(name, []):
        pytest.importorskip(package)
    command = [
        sys.executable,
        "-W",
        "error::DeprecationWarning:__main__",
        "-m",
        "keras_torch",
        "run",
        str(EXAMPLES / f"{name}.py"),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_example_runs_and_learns(name, tmp_path):
    done = run_example(name, tmp_path)
    assert re.search(r"^learned: \S+", done.stdout, re.M), done.stdout[-2000:]
    assert re.match(rf"keras_torch: running {name}\.py as {DIALECTS.get(name, 'keras3')}\b", done.stderr), (
        done.stderr
    )
    assert "Warning" not in done.stderr, done.stderr


@pytest.mark.slow
def test_main_job_reports_and_draws(tmp_path):
    image = pytest.importorskip("matplotlib.image")
    done = run_example("digits_convnet", tmp_path)
    assert float(re.search(r"test accuracy ([\d.]+)%", done.stdout)[1]) > 97
    assert "Total params" in done.stdout and "Epoch 15/15" in done.stdout
    picture = image.imread(tmp_path / "digits_convnet.png")
    assert picture.shape[:2] == (700, 1000)
    assert 0.02 < (picture[..., :3].min(axis=-1) < 0.9).mean() < 0.5  # drawn on, and not filled
