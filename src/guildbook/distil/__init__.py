"""From admitted events to exact integer sums, and from sums to tasks, next steps and practices."""
