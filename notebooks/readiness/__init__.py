"""What `preflight.py` looks at and tells. Nothing but Python, even an old one."""
