"""The parts of a game: what it pays, how it shows itself, where it comes from."""
