//! Placeholder head; replaced by its first real code.
