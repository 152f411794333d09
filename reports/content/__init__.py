"""What the reports say: sentences, tables, doubts and the proof."""
