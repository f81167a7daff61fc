"""Technical guarantees shared by the services: one guarantee a file, no word of the domain."""
