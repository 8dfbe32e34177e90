//! Source files as machines have them, turned to another release.

use super::*;

fn check(sources: &[Source], scope: Scope, expected: &str) {
    assert_eq!(rewrite(sources, "trixie", scope).unwrap().trim(), expected.trim());
}

const DEB822: &str = "\
Types: deb deb-src
# a comment inside
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Architectures: amd64
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 AAAA
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://tools.example/apt
Suites: nodistro
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
";

#[test]
fn a_deb822_file_keeps_mirror_and_keys_and_changes_release() {
    check(
        &parse_deb822(DEB822),
        Scope::All,
        "\
Types: deb
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main
Targets: Packages
signed-by: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: trixie-security
Components: main
Targets: Packages
signed-by: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 AAAA
 -----END PGP PUBLIC KEY BLOCK-----",
    );
}

#[test]
fn the_base_scope_is_the_release_alone() {
    check(
        &parse_deb822(DEB822),
        Scope::Base,
        "\
Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Targets: Packages
signed-by: /usr/share/keyrings/debian-archive-keyring.gpg",
    );
}

#[test]
fn one_line_sources_are_understood() {
    let text = "\
# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/keys/a.gpg,/etc/keys/b.gpg check-valid-until=no] http://mirror.example/debian stable main # here
deb-src http://mirror.example/debian stable main
deb cdrom:[Debian 12]/ bookworm main
deb http://mirror.example/debian-security stable-security main contrib
deb http://mirror.example/debian stable main
";
    check(
        &parse_one_line(text),
        Scope::All,
        "\
Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Targets: Packages
signed-by: /etc/keys/a.gpg /etc/keys/b.gpg
check-valid-until: no

Types: deb
URIs: http://mirror.example/debian-security
Suites: trixie-security
Components: main
Targets: Packages",
    );
}

#[test]
fn a_machine_without_debian_sources_is_told_what_to_do() {
    let sources = parse_one_line("deb http://archive.example/ubuntu noble main universe\n");
    let error = rewrite(&sources, "trixie", Scope::All).unwrap_err().to_string();
    assert!(error.contains("only noble") && error.contains("LODGE_APT_SOURCES"), "{error}");
    let error = rewrite(&[], "trixie", Scope::All).unwrap_err().to_string();
    assert!(error.contains("none at all"), "{error}");
}

#[test]
fn a_trusted_mark_is_not_carried_over() {
    let sources = parse_one_line("deb [trusted=yes] http://mirror.example/debian bookworm main\n");
    assert!(!rewrite(&sources, "trixie", Scope::All).unwrap().contains("rusted"));
}

#[test]
fn a_guest_gets_no_credentials_and_no_local_paths() {
    let sources = parse_one_line(
        "deb http://user:secret@mirror.example/debian bookworm main\n\
         deb mirror+file:/etc/apt/mirrors.list bookworm main\n\
         deb [signed-by=/home/me/key] https://mirror.example/debian bookworm main\n",
    );
    let guest = for_guest(&sources, "trixie").unwrap();
    assert!(
        !guest.contains("secret")
            && !guest.contains("mirrors.list")
            && !guest.contains("Targets")
            && !guest.contains("/home")
    );
    assert!(guest.contains("https://mirror.example/debian"));
}

#[test]
fn damaged_files_are_skipped_not_feared() {
    for text in
        ["deb", "deb [", "deb [x]", "deb [a=b] ", "Types deb\n", " continued\n", "Types: deb\n\n\n:\n"]
    {
        assert!(parse_one_line(text).is_empty());
        assert!(parse_deb822(text).is_empty());
    }
}
