"""The machinery under the business: database, durable work, audit. Knows nothing of selling."""
