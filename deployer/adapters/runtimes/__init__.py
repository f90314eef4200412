"""What starts, stops and watches the app server."""
