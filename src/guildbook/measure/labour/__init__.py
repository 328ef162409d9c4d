"""Public tables about occupations: wages, tasks, and what others have said of their exposure to AI."""
