"""Sources of batches: arrays in memory, and anything that yields batches."""
