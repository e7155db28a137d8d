"""What an accepted job does: one module for each kind of question, button, command or form."""
