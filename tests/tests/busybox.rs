//! `lodge run`: the busybox guest, its shell, its harts, its terminal and how it ends.

use std::time::Duration;

use lodge_tests::{Guest, Machine, Need, Session, Shell, need};

const BOOT: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(60);
const PROMPT: &str = "root@lodge:~# ";

fn here() -> bool {
    need(&[Need::Guest(Guest::Kernel), Need::Guest(Guest::Initrd)])
}

fn shell(machine: &Machine) -> Shell {
    Shell::enter(machine.on_terminal(), PROMPT, BOOT, ANSWER)
}

fn booted(machine: &Machine) -> Session {
    let mut session = machine.on_terminal();
    session.expect(PROMPT, BOOT);
    session
}

#[test]
fn a_shell_gives_exact_answers() {
    if !here() {
        return;
    }
    let mut shell = shell(&Machine::busybox());
    shell.answers("uname -s -m", "Linux riscv64");
    shell.answers("echo $((6 * 7)) $((1 << 62)) $((-7 / 2)) $((-7 % 3))", "42 4611686018427387904 -3 -1");
    shell.answers("seq 1 1000 | awk '{ s += $1 * $1 } END { print s }'", "333833500");
    shell.answers(
        "awk 'BEGIN { printf \"%.17g %.17g %.17g\\n\", 1 / 3, 2 / 7 * 1e300, 1e-320 / 3 }'",
        SOME_FLOATS,
    );
    shell.answers("printf abc | sha256sum | cut -c 1-16", "ba7816bf8f01cfea");
    shell.answers("seq 1 20000 | md5sum | cut -c 1-32", "e071f707df7bbeee2a6a1eb48011ddd0");
    shell.answers("cd /tmp && seq 1 30000 >a && gzip -c a | gunzip | cmp - a && echo same", "same");
    shell.answers("(sleep 1; echo late) & echo early; wait", "early\nlate");
    shell.answers("test -c /dev/hwrng || modprobe virtio_rng; head -c 16 /dev/hwrng | wc -c", "16");
    assert_eq!(shell.run_status("cat /nowhere 2>/dev/null"), (String::new(), 1));
    shell.power_off("poweroff", ANSWER);
}

const SOME_FLOATS: &str = "0.33333333333333331 2.8571428571428572e+299 3.3349431094284142e-321";

#[test]
fn four_harts_are_four() {
    if !here() {
        return;
    }
    let mut shell = shell(&Machine::busybox().cpus(4));
    shell.answers("nproc", "4");
    shell.answers("grep -c ^processor /proc/cpuinfo", "4");
    shell.answers("cat /sys/devices/system/cpu/online", "0-3");
    // All at once, each with an answer that a lost update or a wrong fence would spoil.
    let each = "seq 1 20000 | awk '{ s += $1 } END { print s }'";
    let all = format!("for i in 1 2 3 4 5 6 7 8; do {each} & done; wait");
    shell.answers(&all, &["200010000"; 8].join("\n"));
    // Timer and software interrupts reach every hart.
    shell.answers("for i in 0 1 2 3; do taskset -c $i sh -c 'sleep 0.2; echo up'; done", "up\nup\nup\nup");
    shell.power_off("poweroff", ANSWER);
}

#[test]
fn an_idle_guest_sleeps() {
    if !here() {
        return;
    }
    let session = booted(&Machine::busybox().cpus(2));
    std::thread::sleep(Duration::from_secs(3));
    let watched = Duration::from_secs(10);
    let before = session.cpu_time();
    std::thread::sleep(watched);
    let used = session.cpu_time() - before;
    assert!(
        used.as_secs_f64() < 0.02 * watched.as_secs_f64(),
        "idle for {watched:?} cost {used:?} of a core"
    );
}

#[test]
fn the_terminal_comes_back_whichever_way_it_ends() {
    if !here() {
        return;
    }
    let ends: [(&str, i32); 3] = [("poweroff\n", 0), ("exit\n", 0), ("\u{1}x", 0)];
    for (end, code) in ends {
        let mut session = Session::on_terminal(&Machine::busybox().command());
        let fresh = Session::on_terminal(&std::process::Command::new("true")).terminal_settings();
        session.expect(PROMPT, BOOT);
        let raw = session.terminal_settings();
        assert_ne!(raw.local_modes, fresh.local_modes, "the terminal should be raw while the guest has it");
        session.send(end);
        session.ends_with(code, ANSWER);
        let after = session.terminal_settings();
        assert_eq!(after.local_modes, fresh.local_modes, "after {end:?}");
        assert_eq!(after.input_modes, fresh.input_modes, "after {end:?}");
        assert_eq!(after.output_modes, fresh.output_modes, "after {end:?}");
    }
}

#[test]
fn control_a_h_helps_and_control_a_a_types_itself() {
    if !here() || lodge_tests::peer() {
        return;
    }
    let mut session = booted(&Machine::busybox());
    session.send("\u{1}h");
    session.expect("Ctrl-a x", ANSWER);
    let mut shell = Shell::take(session, ANSWER);
    shell.answers("echo still here", "still here");
    // Control-a twice reaches the guest once: `od` shows the byte 1.
    shell.session().send("head -n 1 | od -An -c\n");
    std::thread::sleep(Duration::from_secs(1));
    shell.session().send("\u{1}\u{1}\n");
    shell.session().expect("001", ANSWER);
    let mut session = shell.leave();
    session.send("\u{1}x");
    session.ends_with(0, ANSWER);
}

#[test]
fn signals_restore_the_terminal() {
    if !here() || lodge_tests::peer() {
        return;
    }
    let mut session = booted(&Machine::busybox());
    session.terminate();
    session.wait(ANSWER);
    let fresh = Session::on_terminal(&std::process::Command::new("true")).terminal_settings();
    assert_eq!(session.terminal_settings().local_modes, fresh.local_modes);
}

#[test]
fn pipes_work_where_there_is_no_terminal() {
    if !here() {
        return;
    }
    let mut session = Machine::busybox().on_pipes();
    session.expect(PROMPT, BOOT);
    session.send("echo $((40 + 2)) is-the-answer\n");
    session.expect("42 is-the-answer", ANSWER);
    session.send("poweroff\n");
    session.ends_with(0, ANSWER);
}

#[test]
fn input_piped_before_the_guest_is_up_is_kept() {
    // QEMU loses what arrives before the guest's driver has set up the UART.
    if !here() || lodge_tests::peer() {
        return;
    }
    let mut session = Machine::busybox().on_pipes();
    session.send("echo $((40 + 3)) is-the-answer\npoweroff\n");
    session.close_input();
    session.expect("43 is-the-answer", BOOT);
    session.ends_with(0, ANSWER);
}

#[test]
fn a_reboot_starts_over() {
    if !here() {
        return;
    }
    let mut shell = shell(&Machine::busybox());
    shell.run("echo gone >/tmp/note");
    shell.session().send("reboot\n");
    shell.session().expect("reboot: Restarting system", ANSWER);
    let mut again = Shell::enter(shell.leave(), PROMPT, BOOT, ANSWER);
    again.answers("cat /tmp/note 2>/dev/null || echo fresh", "fresh");
    again.power_off("poweroff", ANSWER);
}

#[test]
fn the_interpreter_gives_the_same_answers() {
    if !here() || lodge_tests::peer() {
        return;
    }
    let machine = Machine::busybox().arguments(&["--accel", "interp"]);
    let mut shell = Shell::enter(machine.on_terminal(), PROMPT, 3 * BOOT, 3 * ANSWER);
    shell.answers("seq 1 100 | awk '{ s += $1 * $1 } END { print s }'", "338350");
    shell.answers("awk 'BEGIN { printf \"%.17g\\n\", 1 / 3 }'", "0.33333333333333331");
    shell.power_off("poweroff", 3 * ANSWER);
}
