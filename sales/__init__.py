"""The business: people, customers, opportunities; tables, rules, use-cases, queries."""
