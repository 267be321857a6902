"""What is read from disk: settings, rubrics, prompts."""
