"""Answers to single questions: why, what is reachable, what is lacking, what differs."""
