//! The UART driven as stock drivers do, with no vCPU.

use super::*;
use crate::hostile::{Lines, hammer};
use lodge_console::{Memory, OUTPUT_LIMIT};

struct Bench {
    uart: Arc<Uart16550>,
    outside: Memory,
    lines: Arc<Lines>,
    clock: Clock,
}

fn bench() -> Bench {
    let (port, outside) = Memory::new();
    let (lines, clock) = (Lines::new(), Clock::manual());
    Bench { uart: Uart16550::new(port, lines.line(3), &clock), outside, lines, clock }
}

impl Bench {
    fn get(&self, register: u64) -> u8 {
        self.uart.read(register, 1) as u8
    }

    fn put(&self, register: u64, value: u8) {
        assert_eq!(self.uart.write(register, 1, u64::from(value)), Effect::None);
    }

    fn irq(&self) -> bool {
        self.lines.high(3)
    }

    /// What Linux's 8250 driver does when a tty opens.
    fn linux_startup(&self) {
        for fcr in [1, 7, 0] {
            self.put(2, fcr);
        }
        let _ = [5, 0, 2, 6].map(|r| self.get(r));
        self.put(3, 0x03);
        self.put(4, 0x0b);
        self.put(1, 0x02);
        assert_eq!(self.get(2) & 0x0f, 0x02, "THRE interrupt at once");
        self.put(1, 0);
        self.put(1, 0x02);
        assert_eq!(self.get(2) & 0x0f, 0x02, "and again: no THRE bug");
        self.put(1, 0);
        let _ = [5, 0, 2, 6].map(|r| self.get(r));
        self.put(2, 0x01);
        self.put(2, 0x81);
        self.put(1, 0x05);
    }

    /// The interrupt handler's inner loop.
    fn read_all(&self) -> Vec<u8> {
        let mut got = Vec::new();
        while self.get(5) & 1 != 0 {
            got.push(self.get(0));
        }
        got
    }
}

#[test]
fn reset_values() {
    let b = bench();
    let expected = [(0, 0), (1, 0), (2, 1), (3, 0), (4, 8), (5, 0x60), (6, 0xb0), (7, 0)];
    for (register, value) in expected {
        assert_eq!(b.get(register), value, "register {register}");
    }
    assert!(!b.irq());
}

#[test]
fn linux_autoconfig_sees_a_16550a() {
    let b = bench();
    b.put(1, 0);
    assert_eq!(b.get(1) & 0x0f, 0);
    b.put(1, 0x0f);
    assert_eq!(b.get(1) & 0x0f, 0x0f);
    b.put(1, 0xf0);
    assert_eq!(b.get(1), 0, "no XScale UART, no sleep mode");
    b.put(4, 0x1a);
    assert_eq!(b.get(6) & 0xf0, 0x90, "loopback");
    b.put(4, 0);
    b.put(3, 0xbf);
    b.put(2, 0);
    b.put(3, 0);
    b.put(2, 1);
    assert_eq!(b.get(2) >> 6, 3, "FIFOs work");
    b.put(3, 0x80);
    assert_ne!(b.get(2), 0, "no extended feature register");
    b.put(2, 0x21);
    assert_eq!(b.get(2) >> 5, 6, "no 64 byte FIFO");
    b.put(0, 0x34);
    b.put(1, 0x12);
    assert_eq!((b.get(0), b.get(1)), (0x34, 0x12));
    b.put(3, 3);
    b.put(7, 0xa5);
    assert_eq!(b.get(7), 0xa5);
}

#[test]
fn polled_output_as_firmware_does() {
    let b = bench();
    for byte in b"OpenSBI v1.6\n" {
        assert_eq!(b.get(5) & 0x60, 0x60);
        b.put(0, *byte);
    }
    assert_eq!(b.outside.take(), b"OpenSBI v1.6\n");
    assert!(!b.irq());
}

#[test]
fn interrupt_driven_output() {
    let b = bench();
    b.linux_startup();
    b.put(1, 0x07);
    for chunk in [b"sixteen bytes at", b" a time, please!"] {
        assert!(b.irq());
        assert_eq!(b.get(2), 0xc2);
        assert!(!b.irq(), "reading IIR takes it");
        chunk.iter().for_each(|byte| b.put(0, *byte));
    }
    assert_eq!(b.get(2), 0xc2);
    b.put(1, 0x05);
    assert!(!b.irq());
    assert_eq!(b.outside.take(), b"sixteen bytes at a time, please!");
}

#[test]
fn input_piped_in_before_the_driver_is_up_is_not_lost() {
    let b = bench();
    b.outside.put(b"echo early\n");
    b.put(0, b'x'); // earlycon
    assert_eq!(b.get(5) & 1, 0, "nobody listens yet");
    b.linux_startup();
    assert!(b.irq());
    assert_eq!(b.get(2), 0xc4, "at the trigger level");
    assert_eq!(b.read_all(), b"echo early\n");
    assert!(!b.irq());
    b.outside.put(b"k");
    b.clock.advance(REFILL);
    assert_eq!((b.irq(), b.get(2)), (true, 0xcc), "below the trigger level: time-out");
    // Cleared while full: comes again.
    b.put(2, 0x83);
    assert!(!b.irq());
    b.clock.advance(REFILL);
    assert!(b.irq());
    assert_eq!(b.read_all(), b"k");
}

#[test]
fn polled_input_as_boot_loaders_do() {
    let b = bench();
    b.put(2, 7);
    b.outside.put(b"go");
    let mut looks = 0;
    while b.get(5) & 1 == 0 {
        looks += 1;
        assert!(looks < 20);
    }
    assert_eq!((b.get(0), b.get(5) & 1, b.get(0)), (b'g', 1, b'o'));
    assert_eq!(b.get(5) & 1, 0);
}

#[test]
fn a_long_paste_is_paced_and_whole() {
    let b = bench();
    b.linux_startup();
    let sent: Vec<u8> = (0..10_000).map(|i| (i % 251) as u8).collect();
    b.outside.put(&sent);
    let mut got = Vec::new();
    for _ in 0..10_000 / FIFO + 1 {
        got.extend(b.read_all());
        assert!(!b.irq(), "the line is quiet between two fillings");
        b.clock.advance(REFILL);
    }
    assert!(got == sent);
}

#[test]
fn a_slow_outside_makes_the_transmitter_busy() {
    let b = bench();
    b.linux_startup();
    let mut sent = 0u32;
    while b.get(5) & 0x20 != 0 {
        b.put(0, sent as u8);
        sent += 1;
        assert!(sent < 1 << 20);
    }
    assert_eq!(sent as usize, OUTPUT_LIMIT + 1);
    b.put(1, 0x07);
    assert!(!b.irq());
    for _ in 0..15 {
        b.put(0, sent as u8);
        sent += 1;
    }
    let got = b.outside.output().len();
    assert!(got >= OUTPUT_LIMIT);
    assert!(b.irq(), "room came, the FIFO went out, the driver hears of it");
    assert_eq!(b.get(5) & 0x60, 0x60);
    let all = b.outside.output();
    assert_eq!(all.len(), sent as usize);
    assert!(all.iter().enumerate().all(|(i, byte)| *byte == i as u8));
}

#[test]
fn loopback_reaches_the_receiver_and_nobody_else() {
    let b = bench();
    b.put(2, 1);
    b.put(4, 0x10);
    (0..20).for_each(|byte| b.put(0, byte));
    assert_eq!(b.get(5) & 3, 3, "data, and overrun");
    assert_eq!(b.get(5) & 2, 0, "told once");
    assert_eq!(b.read_all(), (0..16).collect::<Vec<u8>>());
    b.get(6);
    b.put(4, 0x12);
    assert_eq!(b.get(6), 0x11, "CTS up, and it changed");
    b.put(1, 8);
    b.put(4, 0x14);
    assert!(b.irq());
    assert_eq!(b.get(2) & 0x0f, 0);
    assert_eq!(b.get(6), 0x41);
    b.put(4, 0x10);
    assert_eq!((b.get(6), b.irq()), (0x04, false), "ring ended");
    assert_eq!(b.outside.output(), b"");
}

#[test]
fn hostile_accesses_do_no_harm() {
    let b = bench();
    b.outside.put(&[0x55; 1000]);
    hammer(b.uart.as_ref(), 8, &[0, 1, 2], 20_000);
    b.uart.reset();
    assert_eq!((b.get(2), b.get(5), b.irq()), (1, 0x60, false));
}

#[test]
fn a_saved_uart_goes_on_where_it_was() {
    let a = bench();
    a.linux_startup();
    a.outside.put(b"some input beyond one FIFO");
    a.put(7, 0x77);
    let record = a.uart.save();
    let b = bench();
    b.uart.load(&record).unwrap();
    assert_eq!(b.uart.save(), record);
    assert!(b.irq());
    assert_eq!((b.get(7), b.get(2)), (0x77, 0xc4));
    assert_eq!(b.read_all(), b"some input beyon");
    let mut bad = record.clone();
    bad.value["ier"] = 0xff.into();
    assert!(b.uart.load(&bad).is_err());
    bad = record;
    bad.value["receive"] = vec![0; 17].into();
    assert!(b.uart.load(&bad).is_err());
}
