"""Kills a training by kill -9 at random moments, starts it again each time, compares the end. Run by hand.

    python compat_tests/kill_and_resume.py [kills] [arrays | dataset | generator | loader | ...]

After each kill every file that is there must be whole: backups by their checksums, models by loading them.
In the end weights and log must be equal, bit for bit, to those of a training that nobody disturbed.
"""

from __future__ import annotations

import csv
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

os.environ["OMP_NUM_THREADS"] = "1"  # another number of threads adds in another order
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from cases import restored_fit  # noqa: E402

import keras_torch  # noqa: E402
from keras_torch import callbacks  # noqa: E402
from keras_torch.saving.snapshot import read_snapshot  # noqa: E402

EPOCHS, LONGEST = 30, 0.25  # seconds between the beginning and the kill, at most


class Begun(callbacks.Callback):
    """Tells the parent that the training begins, and that it has done its first batch."""

    told = False

    def on_train_begin(self, logs=None):
        print("begins", flush=True)

    def on_train_batch_end(self, batch, logs=None):
        if not self.told:
            print("has begun", flush=True)
        self.told = True


def train(folder, kind):
    """One training from wherever it was; saves the weights at the end."""
    whole = callbacks.ModelCheckpoint(pathlib.Path(folder) / "whole.keras", save_freq=2)
    model, _ = restored_fit.train(folder, 1, whole, Begun(), epochs=EPOCHS, kind=kind)
    np.savez(pathlib.Path(folder) / "final.npz", *model.get_weights())


def killed(folder, kind):
    """Starts a training and kills it, one time in four while it is restored; whether it had ended before."""
    command = [sys.executable, __file__, "--train", folder, kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for _ in range(random.choice([1, 2, 2, 2])):
            process.stdout.readline()
        time.sleep(random.uniform(0, LONGEST))
        process.send_signal(signal.SIGKILL)
        code = process.wait()
    if code not in (0, -signal.SIGKILL):
        raise SystemExit(f"The training failed with code {code}.")
    return code == 0


def check(folder):
    """Every file is whole; returns (epoch, batch) of the backup and the number of unfinished files."""
    place, unfinished = (
        None,
        [name for _, _, names in os.walk(folder) for name in names if name.endswith(".tmp")],
    )
    backup = pathlib.Path(folder) / "backup" / "latest.state"
    if backup.exists():
        state = read_snapshot(backup)
        place = state["epoch"], state["batch"]
    if (pathlib.Path(folder) / "whole.keras").exists():
        keras_torch.models.load_model(pathlib.Path(folder) / "whole.keras")
    if (pathlib.Path(folder) / "best.weights.h5").exists():
        restored_fit.make_model().load_weights(pathlib.Path(folder) / "best.weights.h5")
    return place, len(unfinished)


def main(kills=20, kind="arrays"):
    """Kills, checks, and compares."""
    with tempfile.TemporaryDirectory() as undisturbed, tempfile.TemporaryDirectory() as folder:
        train(undisturbed, kind)
        done = 0
        while done < int(kills):
            if killed(folder, kind):
                break
            done += 1
            place, unfinished = check(folder)
            print(
                f"kill {done}: backup at epoch and batch {place}, {unfinished} unfinished file(s)", flush=True
            )
        else:
            train(folder, kind)
        weights = [np.load(pathlib.Path(each) / "final.npz") for each in (undisturbed, folder)]
        logs = [list(csv.reader(open(pathlib.Path(each) / "log.csv"))) for each in (undisturbed, folder)]
        equal = all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0].files)
        print(f"{kind}: {done} kills; weights equal: {equal}; logs equal: {logs[0] == logs[1]}")
        return 0 if equal and logs[0] == logs[1] and done == int(kills) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--train"]:
        train(*sys.argv[2:])
    else:
        sys.exit(main(*sys.argv[1:]))
