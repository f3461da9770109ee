"""One package per chat platform; wire formats live nowhere else."""
