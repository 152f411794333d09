"""A user's own data sets, as a plan declares them: images, texts or arrays in files."""
