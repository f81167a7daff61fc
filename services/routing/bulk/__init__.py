"""Work on many requests at once, for API and pages alike: what is decided is shown before and told for each of them."""
