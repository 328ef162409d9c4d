"""What separates a good performance from a bad one: agreement with what was asked, and a model of outcomes."""
