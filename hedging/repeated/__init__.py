"""Repeated games: what patience sustains.  Arrays in, arrays out."""
