"""What a worker process executes in place of the script that `run` was given.

multiprocessing ("spawn" and "forkserver") gives a child the classes of `__main__` by importing the parent's
main module there under the name `__mp_main__`. A plain script would meet `import keras` before the alias
exists, so the main module of `run` names this module as its origin: it installs the alias, then executes the
script.
"""

from keras_torch.compat.script import run_again_in_child

if __name__ == "__mp_main__":
    run_again_in_child(globals())
