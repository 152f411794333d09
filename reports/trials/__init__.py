"""All trials as one table, and what is said of each of them."""
