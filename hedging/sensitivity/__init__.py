"""How much of a parameter space a profile has, and how far a point is from losing it."""
