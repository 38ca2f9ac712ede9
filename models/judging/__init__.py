"""Schedule in, metrics out: windows of the past, simple scores beside the model, leaks, fairness, promotion."""
