"""A fitted model as data: its card and text, applied and explained without whatever fitted it."""
