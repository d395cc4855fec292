"""What a notebook shows and a browser plays: panels, and the page that needs neither."""
