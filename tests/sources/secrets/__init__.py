"""What is a secret, and that none leaves a run: the tables of kinds and of places."""
