//! The program as a script sees it: exit codes, and errors of one line.

use std::process::{Command, Output};

fn lodge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lodge")).args(arguments).output().expect("lodge starts")
}

/// Runs with `arguments`, expects `code` and one line on standard error that holds each of `words`.
fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let out = lodge(arguments);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{arguments:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    assert!(!said.contains("panicked"), "{arguments:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?} does not name {word}: {said}");
    }
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    refused(&["run", "--kernel", "/nonexistent/kernel"], 1, &["/nonexistent/kernel", "No such file"]);
    refused(&["run", "--kernel", "/dev/null", "--memory", "12Q"], 2, &["12Q"]);
    refused(&["run", "--kernel", "/dev/null", "--cpus", "99"], 2, &["99", "16"]);
    refused(&["run", "--initrd", "/dev/null"], 2, &["--kernel"]);
    refused(&["run", "--kernel", "/dev/null", "--disk", "a\nb"], 1, &["a b", "no such file"]);
}

#[test]
fn help_completion_and_version_come_from_one_definition() {
    let help = String::from_utf8(lodge(&["run", "--help"]).stdout).expect("text");
    let completion = String::from_utf8(lodge(&["completion", "bash"]).stdout).expect("text");
    for flag in
        ["--kernel", "--initrd", "--append", "--firmware", "--disk", "--cpus", "--memory", "--gdb", "--name"]
    {
        assert!(help.contains(flag), "--help lacks {flag}");
        assert!(completion.contains(flag), "completion lacks {flag}");
    }
    assert!(lodge(&["--version"]).status.success());
}
