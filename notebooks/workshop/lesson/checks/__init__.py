"""Check what a reader wrote in an exercise, and explain what is not right yet."""
