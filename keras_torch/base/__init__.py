"""Floor 0: settings, names, dtypes, checks, configurable objects, weights, files. Knows nothing of layers."""
