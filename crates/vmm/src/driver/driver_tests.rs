//! Whole machines with guests of a few instructions.

use super::*;
use lodge_spec::{Accel, Boot, Cpus, Gdb};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// `li a7, SRST; li a6, 0; li a0, KIND; li a1, REASON; ecall; j .`
fn system_reset(kind: u32, reason: u32) -> Vec<u32> {
    vec![0x5352_58b7, 0x3548_8893, 0x0000_0813, kind << 20 | 0x513, reason << 20 | 0x593, 0x73, 0x6f]
}

/// `jr zero`: to an address where nothing is.
const NOWHERE: [u32; 1] = [0x67];
/// `sw zero, 16(zero)`: the same with a store.
const STORE_NOWHERE: [u32; 1] = [0x0000_2823];
/// `j .`
const LOOP: [u32; 1] = [0x6f];

struct Kernel(PathBuf);

impl Kernel {
    fn new(code: &[u32]) -> Kernel {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lodge-driver-{}-{number}", std::process::id()));
        let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xf3\0\x01\0\0\0".to_vec();
        let (start, len) = (0x8020_0000u64, code.len() as u64 * 4);
        for word in [start, 64, 0] {
            elf.extend(word.to_le_bytes());
        }
        elf.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0]);
        for word in [120, start, start, len, len, 4096] {
            elf.extend(word.to_le_bytes());
        }
        elf.extend(code.iter().flat_map(|word| word.to_le_bytes()));
        std::fs::write(&path, elf).unwrap();
        Kernel(path)
    }

    fn spec(&self) -> MachineSpec {
        let boot = Boot::new(None, Some(self.0.clone()), None, None).unwrap();
        MachineSpec { memory: "16M".parse().unwrap(), ..MachineSpec::new(boot) }
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn outside() -> Outside {
    Outside {
        console: lodge_console::Port::null(),
        disks: Vec::new(),
        nics: Vec::new(),
        shares: Vec::new(),
        world: lodge_board::World::Host,
    }
}

#[test]
fn the_guest_decides_its_exit_code() {
    for (reason, code) in [(0, 0), (1, 1)] {
        for accel in [Accel::Jit, Accel::Interp] {
            let kernel = Kernel::new(&system_reset(0, reason));
            let spec = MachineSpec { accel, cpus: Cpus::new(3).unwrap(), ..kernel.spec() };
            assert_eq!(Machine::new().run(&spec, &outside()).unwrap(), End::Shutdown(code));
        }
    }
}

#[test]
fn a_guest_that_goes_nowhere_gets_one_clear_line() {
    for code in [&NOWHERE, &STORE_NOWHERE] {
        let kernel = Kernel::new(code);
        let error = Machine::new().run(&kernel.spec(), &outside()).unwrap_err().to_string();
        assert!(error.starts_with("vCPU 0 cannot go on: it trapped at "), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_guest_that_resets_all_the_time_can_be_ended() {
    let kernel = Kernel::new(&system_reset(1, 0));
    let machine = Machine::new();
    let control = machine.control();
    let ender = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        control.quit();
    });
    assert_eq!(machine.run(&kernel.spec(), &outside()).unwrap(), End::Quit);
    ender.join().unwrap();
}

fn exchange(gdb: &mut TcpStream, packet: &str) -> String {
    let sum = packet.bytes().fold(0u8, |sum, byte| sum.wrapping_add(byte));
    gdb.write_all(format!("${packet}#{sum:02x}").as_bytes()).unwrap();
    let mut reply = String::new();
    let mut byte = [0];
    while !(reply.len() >= 3 && reply.as_bytes()[reply.len() - 3] == b'#') {
        gdb.read_exact(&mut byte).unwrap();
        if byte != *b"+" {
            reply.push(char::from(byte[0]));
        }
    }
    gdb.write_all(b"+").unwrap();
    expanded(&reply[1..reply.len() - 3])
}

/// Undoes the protocol's run-length encoding: `x*n` is x and as many more as n is above 29.
fn expanded(packet: &str) -> String {
    let mut out = String::new();
    let mut bytes = packet.bytes();
    while let Some(byte) = bytes.next() {
        match (byte, out.chars().last()) {
            (b'*', Some(last)) => {
                let more = bytes.next().map_or(0, |n| usize::from(n - 29));
                out.extend(std::iter::repeat_n(last, more));
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}

#[test]
fn a_debugger_stops_steps_and_kills_the_machine() {
    let kernel = Kernel::new(&LOOP);
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let spec = MachineSpec { gdb: Some(Gdb { address, wait: true }), ..kernel.spec() };
    let machine = std::thread::spawn(move || Machine::new().run(&spec, &outside()));
    let mut gdb = loop {
        match TcpStream::connect(address) {
            Ok(gdb) => break gdb,
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    gdb.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(exchange(&mut gdb, "?").starts_with('T'));
    assert_eq!(exchange(&mut gdb, "m80200000,4"), "6f000000");
    assert_eq!(exchange(&mut gdb, "m10,4")[..1], *"E");
    assert_eq!(exchange(&mut gdb, "p20"), "0000208000000000");
    assert_eq!(exchange(&mut gdb, "M80300000,2:abcd"), "OK");
    assert_eq!(exchange(&mut gdb, "m80300000,2"), "abcd");
    assert!(exchange(&mut gdb, "vCont;s:1").starts_with("T05"));
    assert_eq!(exchange(&mut gdb, "Z0,80200000,4"), "OK");
    assert!(exchange(&mut gdb, "vCont;c").contains("swbreak"));
    gdb.write_all(b"$k#6b").unwrap();
    assert_eq!(machine.join().unwrap().unwrap(), End::Quit);
}
