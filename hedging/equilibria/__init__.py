"""Equilibria of games given as arrays: one algorithm per module, arrays in and arrays out."""
