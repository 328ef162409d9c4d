"""Sources of our own: each watches one kind of work while it is done, and hands in what it saw."""
