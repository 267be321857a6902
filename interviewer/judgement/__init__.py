"""From what was said to a level: read, match, verify, decide; and what to ask and to say of it."""
