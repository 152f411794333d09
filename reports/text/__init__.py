"""Words, units and the forms in which text and pictures leave the reports."""
