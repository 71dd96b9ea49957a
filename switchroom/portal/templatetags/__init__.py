"""What templates may say beyond Django's own words: text, pictures and icons."""
