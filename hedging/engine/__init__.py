"""Designs of parameter points, and the sweep that runs them."""
