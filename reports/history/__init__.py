"""What runs found one after the other: a page over commits, versions and days."""
