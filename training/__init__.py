"""Makes the weights of the embedded engine. See README.md."""
