"""What only this lesson needs: proofs, exercises, predictions, pictures and maps."""
