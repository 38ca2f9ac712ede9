"""What is fixed before the randomness exists: closed form of records, the commitment, who signed it."""
