"""The tests: what is a package may have fixtures that end with it."""
