"""Synthesiser of training pairs: questions in English with PostgreSQL queries over authored schemas."""
