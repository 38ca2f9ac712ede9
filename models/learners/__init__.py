"""What may be learned from and what learns: declared features, labelled rows, anchor, trees, learned scorecard."""
