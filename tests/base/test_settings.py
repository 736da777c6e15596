"""Settings: keras.json in KERAS_HOME is honoured, the setters check what they are given."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import torch

from keras_torch.base import settings

ROOT = pathlib.Path(settings.__file__).parents[2]
SHOW = "print(json.dumps([s.floatx(), s.epsilon(), s.image_data_format(), str(s.keras_home())]))"


@pytest.fixture(autouse=True)
def untouched(monkeypatch):
    """Gives back the settings that a test changes."""
    for name, value in vars(settings._settings).items():
        monkeypatch.setattr(settings._settings, name, value)


def read(monkeypatch, home, text):
    """The settings of a process that finds this keras.json."""
    monkeypatch.setenv("KERAS_HOME", str(home))
    (home / "keras.json").write_text(text)
    fresh = settings._Settings()
    settings._read_keras_json(fresh)
    return fresh


def test_a_new_process_starts_with_the_values_of_keras_json(tmp_path):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float64", "epsilon": 1e-4, "backend": "theano", "image_dim_ordering": "th"}'
    )
    # The file is run by itself, and without torch, not needed here: that takes seconds to start.
    code = (
        "import json, runpy, sys, types; sys.modules['torch'] = types.ModuleType('torch'); "
        f"s = types.SimpleNamespace(**runpy.run_path({settings.__file__!r})); {SHOW}"
    )
    environment = {**os.environ, "KERAS_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["float64", 1e-4, "channels_first", str(tmp_path)]
    assert os.listdir(tmp_path) == ["keras.json"]


def test_the_home_folder_is_dot_keras_unless_the_variable_names_another(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert settings.keras_home() == tmp_path
    monkeypatch.setenv("KERAS_HOME", "")
    assert settings.keras_home() == pathlib.Path.home() / ".keras"


def test_a_missing_file_changes_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "nobody"))
    fresh = settings._Settings()
    settings._read_keras_json(fresh)
    assert vars(fresh) == vars(settings._Settings())


@pytest.mark.parametrize(
    "text, data_format",
    [
        ('{"image_dim_ordering": "th"}', "channels_first"),
        ('{"image_dim_ordering": "tf"}', "channels_last"),
        ('{"image_data_format": "channels_first", "image_dim_ordering": "tf"}', "channels_first"),
        ("{}", "channels_last"),
    ],
)
def test_image_dim_ordering_of_keras_1_is_understood(monkeypatch, tmp_path, text, data_format):
    assert read(monkeypatch, tmp_path, text).image_data_format == data_format


@pytest.mark.parametrize("text", ["{", "", "[1]", "3", '"text"'])
def test_a_damaged_file_is_named_and_ignored(monkeypatch, tmp_path, text):
    with pytest.warns(
        UserWarning, match=r"keras.json is not readable JSON and is ignored: .* Repair or delete it"
    ):
        fresh = read(monkeypatch, tmp_path, text)
    assert vars(fresh) == vars(settings._Settings())


@pytest.mark.parametrize(
    "text, message",
    [
        ('{"floatx": "float8"}', r"keras.json: `floatx` must be one of float16, .*; got 'float8'"),
        ('{"epsilon": "small"}', "keras.json: `epsilon` must be a positive number; got 'small'"),
        ('{"image_data_format": "last"}', "keras.json: `image_data_format` must be one of channels_last"),
        ('{"image_dim_ordering": "xx"}', "keras.json: `image_data_format` must be one of .*; got 'xx'"),
    ],
)
def test_a_wrong_value_in_the_file_names_the_file(monkeypatch, tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read(monkeypatch, tmp_path, text)


def test_what_is_set_is_what_is_read():
    settings.set_floatx("bfloat16")
    settings.set_epsilon(1)
    settings.set_image_data_format("channels_first")
    assert settings.floatx() == "bfloat16" and settings.image_data_format() == "channels_first"
    assert settings.epsilon() == 1.0 and type(settings.epsilon()) is float
    assert settings.backend() == "torch"


@pytest.mark.parametrize(
    "setter, value, message",
    [
        (
            settings.set_floatx,
            "int32",
            r"set_floatx\(\): `floatx` must be one of float16, bfloat16, .*; got 'int32'",
        ),
        (settings.set_epsilon, 0, r"set_epsilon\(\): `epsilon` must be a positive number; got 0"),
        (settings.set_epsilon, float("nan"), "got nan"),
        (settings.set_epsilon, "1e-7", "got '1e-7'"),
        (
            settings.set_image_data_format,
            "tf",
            r"set_image_data_format\(\): `image_data_format` must be one of channels_last, .*; got 'tf'",
        ),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(setter, value, message):
    before = dict(vars(settings._settings))
    with pytest.raises(ValueError, match=message):
        setter(value)
    assert vars(settings._settings) == before


def test_the_default_device_is_chosen_and_given_back():
    settings.set_default_device("meta")
    assert settings.default_device() == torch.device("meta")
    settings.set_default_device(None)
    assert settings.default_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(RuntimeError, match="device type"):
        settings.set_default_device("gpuu")
