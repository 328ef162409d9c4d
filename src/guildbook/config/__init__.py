"""One table of settings, each with a default, a place in the file and an environment variable."""
