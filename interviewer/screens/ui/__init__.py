"""The practice room: a Gradio page in a FastAPI server."""
