"""What people see: the page, the terminal, the commands."""
