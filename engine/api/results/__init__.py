"""Results of checks: entered, reviewed, published, followed up, objected to."""
