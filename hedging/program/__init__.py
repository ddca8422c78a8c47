"""Straight-line programs and the arithmetics that evaluate them."""
