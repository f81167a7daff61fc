"""`make bench-routing`: the optimal matching measured beside its bars."""
