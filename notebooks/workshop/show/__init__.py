"""Show sources, tables and figures, words included; it knows no convolution."""
