//! A disk that comes to a slot of a running guest and goes again, under a stock kernel. The machine is built and driven
//! here, since a slot is a thing of the board and not of the command line. The kernel is built without a driver for slots,
//! so the guest's shell does by hand what that would do: power, look again at the bus, let go.

use lodge_board::{Firmware, Outside, board};
use lodge_bus::Effect;
use lodge_cpu::{Link, Stop, Vcpu, Want, run};
use lodge_image::{Image, MemoryStorage, Raw};
use lodge_spec::{Boot, Cpus, Kernel, MachineSpec, Memory};
use lodge_tests::{Guest, Need, Scratch, need, peer};
use lodge_virtio::PciTransport;
use lodge_virtio::blk::Blk;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

const BOOT: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(60);
const PROMPT: &str = "root@lodge:~# ";

/// What the vCPUs' threads ask.
struct Life {
    firmware: Option<Arc<dyn Firmware>>,
    links: Vec<Arc<Link>>,
}

impl run::Machine for Life {
    fn call(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> Effect {
        self.firmware.as_ref().map_or(Effect::Shutdown(1), |firmware| firmware.call(vcpu, args))
    }

    fn stopped(&self, _: &mut dyn Vcpu, _: Stop) {
        self.links.iter().for_each(|link| link.set_want(Want::Exit));
    }
}

/// A console whose commands are answered between two marks.
struct Console(lodge_console::Memory);

impl Console {
    fn run(&self, command: &str) -> String {
        self.0.take();
        self.0.put(format!("echo BE''GIN; {command}; echo E''ND\n").as_bytes());
        assert!(self.0.wait_for("END\r\n", ANSWER), "{command}:\n{}", self.text());
        let text = self.text();
        let answer = text.split_once("BEGIN\r\n").and_then(|(_, rest)| rest.split_once("END\r\n"));
        answer.map(|(answer, _)| answer.replace('\r', "").trim_end().to_owned()).unwrap_or(text)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.output()).into_owned()
    }
}

/// The port's configuration space as a file; its slot registers are at 0x60 (control) and 0x62 (status).
const CONFIG: &str = "/sys/bus/pci/devices/0000:00:10.0/config";
/// Slot control: power and its light on, or off; the attention light off.
const POWERED: [u8; 2] = [0xc0, 0x01];
const DARK: [u8; 2] = [0xc0, 0x07];

fn slot_status() -> String {
    format!("dd if={CONFIG} bs=2 skip=49 count=1 2>/dev/null | od -An -tx2 | tr -d ' '")
}

fn slot_control([low, high]: [u8; 2]) -> String {
    format!("printf '\\x{low:02x}\\x{high:02x}' | dd of={CONFIG} bs=2 seek=48 conv=notrunc 2>/dev/null")
}

/// Clears all events.
fn slot_status_clear() -> String {
    format!("printf '\\x1f\\x01' | dd of={CONFIG} bs=2 seek=49 conv=notrunc 2>/dev/null")
}

#[test]
fn a_disk_comes_and_goes_while_the_guest_runs() {
    if peer() || !need(&[Need::Guest(Guest::Kernel), Need::Guest(Guest::Initrd)]) {
        return;
    }
    let boot = Boot::Kernel(Kernel {
        path: Guest::Kernel.path(),
        initrd: Some(Guest::Initrd.path()),
        append: "console=ttyS0 quiet".into(),
    });
    let spec = MachineSpec {
        virtio: "pci".parse().expect("a word"),
        cpus: Cpus::new(2).expect("a number"),
        memory: Memory::new(512 << 20).expect("a size"),
        ..MachineSpec::new(boot)
    };
    let scratch = Scratch::new();
    let (port, console) = lodge_console::Memory::new();
    let console = Console(console);
    let outside = Outside::open(&spec, port, scratch.path()).expect("what it is connected to");
    let machine = board(&spec).build(&spec, &outside).expect("a machine");
    let links: Vec<_> = machine.vcpus.iter().map(|vcpu| vcpu.link().clone()).collect();
    let life = Arc::new(Life { firmware: machine.firmware.clone(), links: links.clone() });
    machine.clock.start();
    links.iter().for_each(|link| link.set_want(Want::Run));
    let threads = machine.vcpus.into_iter().map(|mut vcpu| {
        let (space, life) = (machine.space.clone(), life.clone());
        std::thread::spawn(move || run::drive(vcpu.as_mut(), &space, life.as_ref()))
    });
    let threads: Vec<_> = threads.collect();
    assert!(console.0.wait_for(PROMPT, BOOT), "{}", console.text());
    console.run("stty -echo; modprobe virtio_blk");
    assert_eq!(console.run("ls /sys/class/block"), "");

    // Twice, so that the second time finds the slot as the first left it.
    for round in 0..2_u8 {
        let disk =
            Image::new(Box::new(Raw::new(MemoryStorage::new(vec![b'a' + round; 1 << 20]))), None, false);
        let blk = Arc::new(Blk::new(Arc::new(disk), "hot", 1));
        let (_transport, endpoint) =
            PciTransport::new(blk, machine.space.memory().clone(), None).expect("a device");
        machine.slots[0].plug(endpoint).unwrap_or_else(|_| panic!("an empty slot"));
        // Slot status: somebody is there, which is news.
        assert_eq!(console.run(&slot_status()), "0048");
        console.run(&format!("{}; {}", slot_control(POWERED), slot_status_clear()));
        assert!(machine.slots[0].is_lit());
        console.run("echo 1 >/sys/bus/pci/rescan; sleep 0.2");
        let where_it_is =
            "readlink -f /sys/class/block/vda | cut -d / -f 8-9; cat /sys/class/block/vda/serial; echo";
        assert_eq!(console.run(where_it_is), "0000:00:10.0/0000:01:00.0\nhot");
        let read = "dd if=/dev/vda bs=4096 count=1 2>/dev/null | head -c 4; echo";
        assert_eq!(console.run(read), char::from(b'a' + round).to_string().repeat(4));
        let write = "yes 0123456 | head -c 1048576 >/dev/vda; sync; md5sum </dev/vda";
        assert_eq!(console.run(write), "d1bb5dd74423b29d346560cbbc4a9557  -");

        let (released, was) = channel();
        assert!(machine.slots[0].ask_out(move |_| _ = released.send(())));
        assert_eq!(console.run(&slot_status()), "0041", "the attention button");
        console.run("echo 1 >/sys/bus/pci/devices/0000:01:00.0/remove");
        console.run(&slot_control(DARK));
        was.recv_timeout(ANSWER).unwrap_or_else(|_| panic!("it keeps the device:\n{}", console.text()));
        console.run(&slot_status_clear());
        assert_eq!(console.run(&format!("ls /sys/class/block; {}", slot_status())), "0000");
        assert!(!machine.slots[0].is_occupied());
    }
    console.0.put(b"poweroff\n");
    for thread in threads {
        thread.join().expect("a vCPU's thread");
    }
}
