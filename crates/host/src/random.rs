//! Random bytes from the kernel.

use rustix::rand::{GetRandomFlags, getrandom};

/// Fills `into` with cryptographically secure random bytes.
///
/// # Errors
/// What `getrandom` said; it does not fail on any kernel that lodge runs on.
pub fn fill(mut into: &mut [u8]) -> std::io::Result<()> {
    while !into.is_empty() {
        match getrandom(&mut *into, GetRandomFlags::empty()) {
            Ok(n) => into = &mut into[n..],
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_byte_is_left_out() {
        let mut bytes = vec![0u8; 100_000];
        super::fill(&mut bytes).unwrap();
        assert!(bytes.chunks(64).all(|c| c.iter().any(|b| *b != 0)));
    }
}
