# Begins a script of its own in the app's environment: loads the app.
import os
import sys

sys.path.insert(0, os.getcwd())
import django

django.setup()
