"""Names, numbers and addresses of persons taken out of texts before they are written: by the extra `pii`, if asked."""
