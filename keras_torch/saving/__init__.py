"""Floor 4: files. Names of Keras's `saving` module are gathered in the package's public window."""
