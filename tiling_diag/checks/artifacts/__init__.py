"""What upsampling, resizing and borders left."""
