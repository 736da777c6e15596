"""Floor 6: the training engine: data, objectives, steps and the one loop. It takes any `nn.Module`."""
