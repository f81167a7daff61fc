"""Whatever comes in, the services answer and live."""
