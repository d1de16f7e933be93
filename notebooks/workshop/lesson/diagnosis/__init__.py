"""Say by name what is wrong with the result of a convolution."""
