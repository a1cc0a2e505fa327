"""What requests may cost before they are sent, and what answers did cost."""
