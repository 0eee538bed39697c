"""The runs on disk as a page to look at and play with: `make dashboard`."""
