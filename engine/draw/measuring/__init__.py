"""What a finished draw says of itself: loads and their fairness, uniform tickets, probabilities kept with a visit."""
