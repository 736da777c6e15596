"""`python -m keras_torch`."""

import sys

from keras_torch.cli import main

if __name__ == "__main__":
    sys.exit(main())
