"""Running ``cohesion ui`` where others can reach it: behind a proxy that knows who asks."""
