"""What a site says of itself: its file, and what that makes of catalogue and judgement."""
