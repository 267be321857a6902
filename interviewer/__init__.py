"""A mock interviewer for senior machine-learning interviews, and a grader that shows its evidence."""

__version__ = "0.1.0"
