"""How often the embedded engine is right: `python -m training.measure`, or `make accuracy`."""
