"""The promises of the product, kept by machine."""
