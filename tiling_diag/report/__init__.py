"""What people see of a record: files, figures, a page, the terminal."""
