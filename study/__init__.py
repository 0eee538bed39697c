"""What the studies of depth need and a lesson must not give away: the residual networks. It never reaches a student."""
