"""`run` behaves as `python script.py` does; each case is one process."""

import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

from keras_torch.compat.script import users_traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(folder, source, *arguments, options=(), env=None):
    """Writes `source` as a script and runs it from another folder."""
    script = folder / "inner" / "script.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(textwrap.dedent(source), encoding="utf-8")
    command = [sys.executable, "-m", "keras_torch", "run", *options, str(script), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_script_sees_what_python_would_show_it(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "neighbour.py").write_text("from keras.layers import Dense as D\n")
    done = run(
        tmp_path,
        """
        import os, pickle, sys
        import neighbour
        from keras.layers import Dense
        assert neighbour.D is Dense

        class Mine:
            pass

        assert __name__ == "__main__" and sys.modules["__main__"].Mine is Mine
        assert isinstance(pickle.loads(pickle.dumps(Mine())), Mine)
        assert os.path.isabs(__file__) and sys.path[0] == os.path.dirname(os.path.realpath(__file__))
        try:
            from . import neighbour
        except ImportError as error:
            print(error)
        print(sys.argv[1:])
        sys.exit(7)
    """,
        "--dialect",
        "x",
        "-v",
    )
    assert done.stdout.splitlines() == [
        "attempted relative import with no known parent package",
        "['--dialect', 'x', '-v']",
    ], done.stderr
    assert done.returncode == 7


@pytest.mark.slow
def test_traceback_starts_in_the_script_and_the_exit_code_is_one(tmp_path):
    done = run(
        tmp_path,
        """
        import keras

        def broken():
            raise KeyError("mine")

        broken()
    """,
    )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("keras_torch: running script.py as keras3")
    assert lines[1] == "Traceback (most recent call last):"
    assert 'script.py", line 7, in <module>' in lines[2] and lines[-1] == "KeyError: 'mine'"
    assert str(pathlib.Path("keras_torch") / "compat") not in done.stderr


@pytest.mark.slow
def test_missing_name_ends_with_our_sentence_and_the_users_line(tmp_path):
    done = run(tmp_path, "from keras.layers import Danse\n")
    assert done.returncode == 1
    assert "from keras.layers import Danse" in done.stderr
    assert (
        "keras.layers has no `Danse` in keras_torch yet. Nearest known: 'Dense'"
        in done.stderr.splitlines()[-1]
    )
    assert "finder.py" not in done.stderr


@pytest.mark.slow
def test_syntax_error_shows_the_line(tmp_path):
    done = run(tmp_path, "import keras\nprint 'old'\n")
    assert done.returncode == 1
    assert "print 'old'" in done.stderr and "SyntaxError" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_guess_is_said_in_one_line_and_dialect_overrides_it(tmp_path):
    source = """
        from keras.models import Sequential
        from keras_torch.dialects import current_dialect
        print(current_dialect())
        if False:
            Sequential().fit(1, 2, nb_epoch=1)
    """
    guessed = run(tmp_path, source)
    assert guessed.stdout.split() == ["keras1"]
    assert guessed.stderr.splitlines() == [
        "keras_torch: running script.py as keras1 (it uses nb_epoch=); --dialect chooses another."
    ]
    told = run(tmp_path, source, options=["--dialect", "keras2.2"])
    assert (told.stdout.split(), told.stderr) == (["keras2.2"], "")
    surroundings = run(tmp_path, source, env={"KERAS_TORCH_DIALECT": "tf.keras"})
    assert (surroundings.stdout.split(), surroundings.stderr) == (["tf.keras"], "")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_worker_processes_have_the_alias_and_the_classes_of_the_script(tmp_path, method):
    done = run(
        tmp_path,
        f"""
        import multiprocessing
        import sys
        from keras.layers import Dense
        from keras_torch.dialects import current_dialect

        class Job:
            def __init__(self, units):
                self.units = units

        def work(job):
            import keras
            assert isinstance(job, Job) and keras.layers.Dense is Dense
            return keras.layers.Dense(job.units).units, current_dialect(), len(sys.argv)

        if __name__ == "__main__":
            with multiprocessing.get_context("{method}").Pool(1) as pool:
                print(pool.map(work, [Job(3)]))
    """,
        "argument",
        options=["--dialect", "keras2.3"],
    )
    assert done.stdout.strip() == "[(3, 'keras2.3', 2)]", done.stderr
    assert done.stderr == ""


@pytest.mark.slow
def test_tensorboard_writer_works_under_the_alias(tmp_path):
    pytest.importorskip("tensorboard")
    done = run(
        tmp_path,
        """
        import tensorflow as tf
        from torch.utils.tensorboard import SummaryWriter
        with SummaryWriter("logs") as writer:
            writer.add_scalar("loss", 1.5, 0)
            writer.add_text("note", "fine")
        print(tf.reduce_mean([1.0, 3.0]).item())
    """,
    )
    assert done.stdout.strip() == "2.0", done.stderr
    assert list((tmp_path / "logs").iterdir())


def test_users_traceback_keeps_frames_that_are_not_ours():
    try:
        raise ValueError("here")
    except ValueError as error:
        kept = users_traceback(error.__traceback__)
    assert kept.tb_frame.f_code.co_filename == __file__ and kept.tb_next is None
