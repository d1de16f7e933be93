"""Count, time, profile and sweep any function; it knows no convolution."""
