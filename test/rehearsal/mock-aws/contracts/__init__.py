"""Holds every request against AWS's own models of its APIs, as botocore has them, and against limits that AWS documents beside them."""
