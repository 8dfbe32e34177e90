//! Taps and bridges that are not there, and what is said of them.

use super::*;

#[test]
fn errors_say_what_to_do() {
    let missing = open("lodge-none").unwrap_err().to_string();
    assert!(missing.contains("ip tuntap add lodge-none mode tap user "), "{missing}");
    let none = on_bridge("lodge-none").unwrap_err().to_string();
    assert!(none.contains("ip link add lodge-none type bridge"), "{none}");
    // As root lo is no tap; anybody else is told so or that they may not.
    let error = open("lo").unwrap_err();
    assert!(
        matches!(error, TapError::NotTap { .. } | TapError::Forbidden { .. } | TapError::NoTun),
        "{error}"
    );
    assert!(matches!(on_bridge("lo"), Err(TapError::NoBridge { .. })));
}
