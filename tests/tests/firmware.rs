//! Stock firmware from Debian's packages, unmodified.

use std::time::Duration;

use lodge_tests::{Guest, Machine, Need, need};

const SOON: Duration = Duration::from_secs(120);

#[test]
fn opensbi_starts_u_boot_and_u_boot_takes_commands() {
    // One finds its payload at a fixed address, the other is told where it is.
    for opensbi in [Guest::OpenSbi, Guest::OpenSbiDynamic] {
        u_boot_on(opensbi);
    }
}

fn u_boot_on(opensbi: Guest) {
    if !need(&[Need::Guest(opensbi), Need::Guest(Guest::UBoot)]) {
        return;
    }
    let machine = Machine::busybox().firmware(&opensbi.path()).kernel(&Guest::UBoot.path()).cpus(2);
    let mut session = machine.on_terminal();
    session.expect("OpenSBI v", SOON);
    session.expect("U-Boot 20", SOON);
    session.expect("Hit any key to stop autoboot", SOON);
    session.send("\n");
    session.expect("=> ", SOON);
    session.send("echo $cpu-$arch; setexpr x 0x1234 * 3; printenv x\n");
    session.expect("x=369c", SOON);
    session.expect("=> ", SOON);
    session.send("mw.l 84000000 cafe1234 4; md.l 84000000 1\n");
    session.expect("84000000: cafe1234", SOON);
    session.expect("=> ", SOON);
    session.send("poweroff\n");
    session.ends_with(0, SOON);
}

#[test]
fn edk2_reaches_its_boot_manager_or_shell() {
    if !need(&[Need::Guest(Guest::Edk2)]) || lodge_tests::peer() {
        return;
    }
    let machine = Machine::busybox().firmware(&Guest::Edk2.path()).memory("1G");
    let mut session = machine.on_terminal();
    session.expect_one(&["Shell> ", "Boot Manager", "BdsDxe", "UEFI Interactive Shell"], 3 * SOON);
}

#[test]
fn u_boot_runs_alone_in_machine_mode() {
    if !need(&[Need::Guest(Guest::UBootMachine)]) {
        return;
    }
    let mut session = Machine::busybox().firmware(&Guest::UBootMachine.path()).on_terminal();
    session.expect("U-Boot 20", SOON);
    session.expect("Hit any key to stop autoboot", SOON);
    session.send("\n");
    session.expect("=> ", SOON);
    session.send("setexpr x 0x1234 * 3; printenv x\n");
    session.expect("x=369c", SOON);
}
