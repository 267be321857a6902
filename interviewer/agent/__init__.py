"""The interview as a LangGraph, and the grading beside it and after it."""
