"""Joint punishment: cases, their steps, exchange with others, its effect."""
