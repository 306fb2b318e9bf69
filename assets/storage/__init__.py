"""Object storage: deposits that lie in a bucket, and a warehouse that several machines share."""
