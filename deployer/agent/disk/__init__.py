"""Files and folders that survive a power cut and lead nowhere else."""
