//! The debugger: `gdb-multiarch` attaches, breaks, steps, reads and writes registers and memory, sees harts as
//! threads, and reads a running Linux through its own page tables.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lodge_tests::{Guest, KERNEL, Machine, Need, Scratch, Session, assemble, need, peer};

const SOON: Duration = Duration::from_secs(60);
const BOOT: Duration = Duration::from_secs(120);

/// A loopback address nobody listens on.
fn address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind a port");
    listener.local_addr().expect("know the port").to_string()
}

/// gdb, attached to the machine at `address`.
#[track_caller]
fn attach(address: &str, symbols: Option<&Path>) -> Session {
    let mut command = Command::new("gdb-multiarch");
    command.args([
        "-q",
        "-nx",
        "-ex",
        "set confirm off",
        "-ex",
        "set pagination off",
        "-ex",
        "set style enabled off",
    ]);
    command.args(["-ex", "set architecture riscv:rv64"]).args(symbols);
    command.env("TERM", "dumb").env_remove("DEBUGINFOD_URLS");
    let mut gdb = Session::on_terminal(&command);
    gdb.expect("(gdb) ", SOON);
    // The machine may still be on its way to listening.
    for _ in 0..50 {
        gdb.send(&format!("target remote {address}\n"));
        let answer = gdb.expect("(gdb) ", SOON);
        if !answer.contains("refused") && !answer.contains("could not connect") {
            return gdb;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    gdb.fail("never attached");
}

#[track_caller]
fn say(gdb: &mut Session, command: &str, answer: &str) -> String {
    gdb.send(&format!("{command}\n"));
    let said = gdb.expect("(gdb) ", SOON);
    if !said.contains(answer) {
        gdb.fail(&format!("`{command}` should have answered {answer:?}, said {said:?}"));
    }
    said
}

fn machine(address: &str) -> Machine {
    if peer() { Machine::busybox() } else { Machine::busybox().arguments(&["--gdb", address]) }
}

/// The machine's command line; a peer says `--gdb` differently.
fn started(machine: &Machine, address: &str) -> Session {
    let mut command = machine.command();
    if peer() {
        command.arg("-gdb").arg(format!("tcp:{address}"));
    }
    Session::on_pipes(&command)
}

#[test]
fn a_bare_program_under_the_debugger() {
    if !need(&[Need::Program("riscv64-linux-gnu-gcc"), Need::Program("gdb-multiarch")]) {
        return;
    }
    let scratch = Scratch::new();
    let elf = assemble(&scratch, "counter", KERNEL);
    let address = address();
    let _guest = started(&machine(&address).kernel(&elf).cpus(2), &address);
    let mut gdb = attach(&address, Some(&elf));
    say(&mut gdb, "break tick", "Breakpoint 1");
    say(&mut gdb, "continue", "Breakpoint 1, tick");
    say(&mut gdb, "info threads", "* 1");
    say(&mut gdb, "info threads", "  2");
    // Registers, read and written.
    say(&mut gdb, "set $s0 = 41", "");
    say(&mut gdb, "stepi", "");
    say(&mut gdb, "print/d $s0", "= 42");
    // Memory, read and written, by the program and by us.
    say(&mut gdb, "stepi", "");
    say(&mut gdb, "output *(long*)&value", "42");
    say(&mut gdb, "set *(long*)&value = 0x5566", "");
    say(&mut gdb, "x/gx &value", "0x0000000000005566");
    // Code cached by a translator must still stop where a breakpoint is put, and go on where it is taken away.
    say(&mut gdb, "continue", "Breakpoint 1, tick");
    say(&mut gdb, "print/d $s0", "= 42");
    say(&mut gdb, "delete 1", "");
    say(&mut gdb, "break loop", "Breakpoint 2");
    say(&mut gdb, "continue", "Breakpoint 2, loop");
    say(&mut gdb, "print $pc == (unsigned long)&loop", "= 1");
    say(&mut gdb, "delete 2", "");
    // Running free, then stopped by hand.
    gdb.send("continue\n");
    gdb.expect("Continuing.", SOON);
    std::thread::sleep(Duration::from_secs(1));
    gdb.send("\u{3}");
    gdb.expect("SIGINT", SOON);
    gdb.expect("(gdb) ", SOON);
    say(&mut gdb, "print $s0 > 1000", "= 1");
    say(&mut gdb, "x/i &tick", "s0,s0,1");
    say(&mut gdb, "x/gx 0x10", "Cannot access memory");
    say(&mut gdb, "detach", "");
}

#[test]
fn a_running_linux_under_the_debugger() {
    let needs = [Guest::Kernel, Guest::Initrd].map(Need::Guest);
    if !need(&needs) || !need(&[Need::Program("gdb-multiarch")]) {
        return;
    }
    let address = address();
    let machine = machine(&address).cpus(4);
    let mut guest = started(&machine, &address);
    if peer() {
        guest.expect("root@lodge", BOOT);
    }
    let mut gdb = attach(&address, None);
    if !peer() {
        // Whether the machine waits for its debugger or not, let it boot first.
        gdb.send("continue\n");
        guest.expect("root@lodge", BOOT);
        gdb.send("\u{3}");
        gdb.expect("(gdb) ", SOON);
    }
    let threads = say(&mut gdb, "info threads", "4");
    assert_eq!(threads.matches("Thread ").count(), 4, "{threads}");
    // The kernel runs at the top of the address space: code there is readable through page tables only.
    for thread in 1..=4 {
        say(&mut gdb, &format!("thread {thread}"), "");
        say(&mut gdb, "stepi", "");
    }
    say(&mut gdb, "print $satp != 0", "= 1");
    say(&mut gdb, "info registers pc", "pc");
    say(&mut gdb, "detach", "");
    guest.send("echo $((6 * 7)) is-the-answer\n");
    guest.expect("42 is-the-answer", SOON);
}
