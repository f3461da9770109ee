"""The company's own rules: each a closed model with defaults, versioned, edited from chat."""
