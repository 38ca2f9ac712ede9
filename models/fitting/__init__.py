"""Fitting a population: configuration chosen inside its training past, chances by level, the model kept by digest."""
