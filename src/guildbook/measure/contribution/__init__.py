"""What each worker's traces are worth to those who learn from them: Shapley and Banzhaf values, and leave-one-out."""
