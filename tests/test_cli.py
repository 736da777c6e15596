"""The command line."""

import pytest

from keras_torch import __version__, cli


def test_arguments_after_the_script_belong_to_the_script():
    options = cli.parser().parse_args(["run", "--dialect", "tf.keras", "a.py", "--dialect", "b", "c"])
    assert (options.dialect, options.script, options.arguments) == (
        "tf.keras",
        "a.py",
        ["--dialect", "b", "c"],
    )


def test_an_unknown_dialect_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["run", "--dialect", "keras4", "a.py"])
    assert stopped.value.code == 2
    assert "invalid choice: 'keras4'" in capsys.readouterr().err


def test_a_script_that_cannot_be_opened_is_named(capsys, tmp_path):
    assert cli.main(["run", str(tmp_path / "none.py")]) == 2
    assert capsys.readouterr().err.endswith("none.py': No such file or directory\n")


def test_a_command_is_needed(capsys):
    with pytest.raises(SystemExit):
        cli.main([])
    assert "command" in capsys.readouterr().err


def test_version_is_the_packages(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"keras_torch {__version__}\n"
