"""What screens talk to: interviews by id, rounds, grades, search."""
