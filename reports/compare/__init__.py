"""BASE and HEAD: what is faster or slower in the second than in the first, and how sure is that."""
