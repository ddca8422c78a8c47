"""Games in which some players know what others do not."""
