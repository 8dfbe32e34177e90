//! The device tree of the `virt` board (Devicetree Specification 0.4; bindings of the Linux kernel's tree).

use super::map;
use crate::engine::PAGING;
use lodge_isa_riscv as isa;
use map::Window;
use std::ops::Range;
use vm_fdt::{FdtWriter, FdtWriterResult};

/// Interrupt-controller handles: a hart's own is its number plus this.
const HART_INTC: u32 = 1;
const PLIC: u32 = 0x21;
const TEST: u32 = 0x22;
const HART: u32 = 0x40;

/// What differs between machines.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Harts.
    pub cpus: u32,
    /// Bits of their vector registers; 0: they have none.
    pub vlen: u16,
    /// Bytes of RAM.
    pub ram_len: u64,
    /// Kernel command line.
    pub append: &'a str,
    /// Where the initrd is.
    pub initrd: Option<Range<u64>>,
    /// Randomness for the kernel's early start.
    pub seed: &'a [u8],
}

/// Writes the tree.
///
/// # Errors
/// Only when a string holds a zero byte, which no spec does.
pub fn write(facts: &Facts<'_>) -> FdtWriterResult<Vec<u8>> {
    let mut tree = FdtWriter::new()?;
    let root = tree.begin_node("")?;
    tree.property_u32("#address-cells", 2)?;
    tree.property_u32("#size-cells", 2)?;
    tree.property_string("compatible", "riscv-virtio")?;
    tree.property_string("model", "riscv-virtio,lodge")?;
    chosen(&mut tree, facts)?;
    let memory = tree.begin_node(&format!("memory@{:x}", map::RAM))?;
    tree.property_string("device_type", "memory")?;
    tree.property_array_u64("reg", &[map::RAM, facts.ram_len])?;
    tree.end_node(memory)?;
    cpus(&mut tree, facts)?;
    outside_soc(&mut tree)?;
    let soc = tree.begin_node("soc")?;
    tree.property_u32("#address-cells", 2)?;
    tree.property_u32("#size-cells", 2)?;
    tree.property_string("compatible", "simple-bus")?;
    tree.property_null("ranges")?;
    interrupt_controllers(&mut tree, facts.cpus)?;
    simple_devices(&mut tree)?;
    pcie(&mut tree, facts.ram_len)?;
    tree.end_node(soc)?;
    tree.end_node(root)?;
    tree.finish()
}

fn chosen(tree: &mut FdtWriter, facts: &Facts<'_>) -> FdtWriterResult<()> {
    let node = tree.begin_node("chosen")?;
    tree.property_string("stdout-path", &format!("/soc/serial@{:x}", map::UART.base))?;
    if !facts.append.is_empty() {
        tree.property_string("bootargs", facts.append)?;
    }
    if let Some(initrd) = &facts.initrd {
        tree.property_u64("linux,initrd-start", initrd.start)?;
        tree.property_u64("linux,initrd-end", initrd.end)?;
    }
    tree.property("rng-seed", facts.seed)?;
    tree.end_node(node)
}

fn cpus(tree: &mut FdtWriter, facts: &Facts<'_>) -> FdtWriterResult<()> {
    let count = facts.cpus;
    let node = tree.begin_node("cpus")?;
    tree.property_u32("#address-cells", 1)?;
    tree.property_u32("#size-cells", 0)?;
    tree.property_u32("timebase-frequency", isa::TIMEBASE)?;
    for hart in 0..count {
        let cpu = tree.begin_node(&format!("cpu@{hart:x}"))?;
        tree.property_phandle(HART + hart)?;
        tree.property_string("device_type", "cpu")?;
        tree.property_u32("reg", hart)?;
        tree.property_string("status", "okay")?;
        tree.property_string("compatible", "riscv")?;
        tree.property_string("riscv,isa", &isa::isa_string(facts.vlen))?;
        tree.property_string("riscv,isa-base", isa::BASE)?;
        tree.property_string_list(
            "riscv,isa-extensions",
            isa::extensions(facts.vlen).into_iter().map(String::from).collect(),
        )?;
        for block in ["riscv,cbom-block-size", "riscv,cbop-block-size", "riscv,cboz-block-size"] {
            tree.property_u32(block, isa::CACHE_BLOCK as u32)?;
        }
        tree.property_string("mmu-type", PAGING.name())?;
        let intc = tree.begin_node("interrupt-controller")?;
        tree.property_u32("#interrupt-cells", 1)?;
        tree.property_null("interrupt-controller")?;
        tree.property_string("compatible", "riscv,cpu-intc")?;
        tree.property_phandle(HART_INTC + hart)?;
        tree.end_node(intc)?;
        tree.end_node(cpu)?;
    }
    let cpu_map = tree.begin_node("cpu-map")?;
    let cluster = tree.begin_node("cluster0")?;
    for hart in 0..count {
        let core = tree.begin_node(&format!("core{hart}"))?;
        tree.property_u32("cpu", HART + hart)?;
        tree.end_node(core)?;
    }
    tree.end_node(cluster)?;
    tree.end_node(cpu_map)?;
    tree.end_node(node)
}

/// Nodes that stand directly under the root.
fn outside_soc(tree: &mut FdtWriter) -> FdtWriterResult<()> {
    for (name, compatible, value) in
        [("poweroff", "syscon-poweroff", 0x5555), ("reboot", "syscon-reboot", 0x7777)]
    {
        let node = tree.begin_node(name)?;
        tree.property_string("compatible", compatible)?;
        tree.property_u32("regmap", TEST)?;
        tree.property_u32("offset", 0)?;
        tree.property_u32("value", value)?;
        tree.end_node(node)?;
    }
    let flash = tree.begin_node(&format!("flash@{:x}", map::FLASH.base))?;
    tree.property_string("compatible", "cfi-flash")?;
    let [a, b] = [map::flash_bank(0), map::flash_bank(1)];
    tree.property_array_u64("reg", &[a.base, a.len, b.base, b.len])?;
    tree.property_u32("bank-width", 4)?;
    tree.end_node(flash)?;
    let fw_cfg = tree.begin_node(&format!("fw-cfg@{:x}", map::FW_CFG.base))?;
    tree.property_string("compatible", "qemu,fw-cfg-mmio")?;
    reg(tree, map::FW_CFG)?;
    tree.property_null("dma-coherent")?;
    tree.end_node(fw_cfg)
}

fn reg(tree: &mut FdtWriter, window: Window) -> FdtWriterResult<()> {
    tree.property_array_u64("reg", &[window.base, window.len])
}

fn strings(tree: &mut FdtWriter, name: &str, values: &[&str]) -> FdtWriterResult<()> {
    tree.property_string_list(name, values.iter().map(|v| (*v).to_owned()).collect())
}

fn interrupt_controllers(tree: &mut FdtWriter, cpus: u32) -> FdtWriterResult<()> {
    // Interrupts of a hart: 3 software, 7 timer, 11 external, all of M-mode; 9 external of S-mode
    // (privileged manual, mcause).
    let lines = |a: u32, b: u32| -> Vec<u32> {
        (0..cpus).flat_map(|hart| [HART_INTC + hart, a, HART_INTC + hart, b]).collect()
    };
    let plic = tree.begin_node(&format!("plic@{:x}", map::PLIC.base))?;
    tree.property_phandle(PLIC)?;
    strings(tree, "compatible", &["sifive,plic-1.0.0", "riscv,plic0"])?;
    reg(tree, map::PLIC)?;
    tree.property_u32("riscv,ndev", map::SOURCES - 1)?;
    tree.property_array_u32("interrupts-extended", &lines(11, 9))?;
    tree.property_null("interrupt-controller")?;
    tree.property_u32("#address-cells", 0)?;
    tree.property_u32("#interrupt-cells", 1)?;
    tree.end_node(plic)?;
    let clint = tree.begin_node(&format!("clint@{:x}", map::CLINT.base))?;
    strings(tree, "compatible", &["sifive,clint0", "riscv,clint0"])?;
    reg(tree, map::CLINT)?;
    tree.property_array_u32("interrupts-extended", &lines(3, 7))?;
    tree.end_node(clint)
}

fn interrupt(tree: &mut FdtWriter, line: u32) -> FdtWriterResult<()> {
    tree.property_u32("interrupt-parent", PLIC)?;
    tree.property_u32("interrupts", line)
}

fn simple_devices(tree: &mut FdtWriter) -> FdtWriterResult<()> {
    let test = tree.begin_node(&format!("test@{:x}", map::TEST.base))?;
    tree.property_phandle(TEST)?;
    strings(tree, "compatible", &["sifive,test1", "sifive,test0", "syscon"])?;
    reg(tree, map::TEST)?;
    tree.end_node(test)?;
    let rtc = tree.begin_node(&format!("rtc@{:x}", map::RTC.base))?;
    tree.property_string("compatible", "google,goldfish-rtc")?;
    reg(tree, map::RTC)?;
    interrupt(tree, map::RTC_IRQ)?;
    tree.end_node(rtc)?;
    let uart = tree.begin_node(&format!("serial@{:x}", map::UART.base))?;
    tree.property_string("compatible", "ns16550a")?;
    reg(tree, map::UART)?;
    tree.property_u32("clock-frequency", map::UART_CLOCK)?;
    interrupt(tree, map::UART_IRQ)?;
    tree.end_node(uart)?;
    for slot in 0..map::VIRTIO_SLOTS {
        let (window, line) = map::virtio(slot);
        let virtio = tree.begin_node(&format!("virtio_mmio@{:x}", window.base))?;
        tree.property_string("compatible", "virtio,mmio")?;
        reg(tree, window)?;
        interrupt(tree, line)?;
        tree.end_node(virtio)?;
    }
    Ok(())
}

fn pcie(tree: &mut FdtWriter, ram_len: u64) -> FdtWriterResult<()> {
    let node = tree.begin_node(&format!("pci@{:x}", map::PCIE_ECAM.base))?;
    tree.property_string("compatible", "pci-host-ecam-generic")?;
    tree.property_string("device_type", "pci")?;
    tree.property_u32("#address-cells", 3)?;
    tree.property_u32("#size-cells", 2)?;
    tree.property_u32("#interrupt-cells", 1)?;
    reg(tree, map::PCIE_ECAM)?;
    tree.property_array_u32("bus-range", &[0, 0xff])?;
    tree.property_u32("linux,pci-domain", 0)?;
    tree.property_null("dma-coherent")?;
    // PCI Bus Binding to Open Firmware, 2.2.1.1: the first cell's code is 1 for ports, 2 and 3 for memory reached
    // with 32 and 64 bits.
    let ranges = [
        (0x0100_0000, 0, map::PCIE_PORTS),
        (0x0200_0000, map::PCIE_MEMORY.base, map::PCIE_MEMORY),
        (0x0300_0000, map::pcie_high(ram_len).base, map::pcie_high(ram_len)),
    ];
    let halves = |v: u64| [(v >> 32) as u32, v as u32];
    let cells: Vec<u32> = ranges
        .iter()
        .flat_map(|&(code, bus, Window { base, len })| {
            let [a, b, c] = [halves(bus), halves(base), halves(len)];
            [code, a[0], a[1], b[0], b[1], c[0], c[1]]
        })
        .collect();
    tree.property_array_u32("ranges", &cells)?;
    // Pins swizzle over four lines by the slot's number (PCI-to-PCI bridge specification, 9.1).
    let mut lines = Vec::new();
    for slot in 0..4u32 {
        for pin in 1..=4u32 {
            lines.extend([slot << 11, 0, 0, pin, PLIC, map::PCIE_IRQ + (slot + pin - 1) % 4]);
        }
    }
    tree.property_array_u32("interrupt-map", &lines)?;
    tree.property_array_u32("interrupt-map-mask", &[0x1800, 0, 0, 7])?;
    tree.end_node(node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dts;
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn tree(cpus: u32) -> Vec<u8> {
        let (seed, initrd) = ([7; 32], Some(0x8100_0000..0x8100_1234));
        write(&Facts { cpus, vlen: 128, ram_len: 64 << 30, append: "console=ttyS0", initrd, seed: &seed })
            .unwrap()
    }

    #[test]
    fn the_largest_tree_fits_its_room() {
        let len = tree(lodge_spec::MAX_CPUS).len() as u64;
        assert!(len + 2048 < crate::boot::FDT_ROOM, "{len}");
    }

    #[test]
    fn the_text_form_says_what_is_in_the_tree() {
        let text = dts::print(&tree(2)).unwrap();
        for line in [
            "\tcompatible = \"riscv-virtio\";",
            "\t\tbootargs = \"console=ttyS0\";",
            "\t\t\tcompatible = \"sifive,plic-1.0.0\", \"riscv,plic0\";",
            "\t\t\tinterrupts-extended = <0x1 0xb 0x1 0x9 0x2 0xb 0x2 0x9>;",
            "\t\tvirtio_mmio@10008000 {",
            "\tranges;",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(dts::print(b"not a tree").is_none());
        let whole = tree(1);
        for len in 0..whole.len() {
            let _ = dts::print(&whole[..len]);
        }
    }

    /// The outside oracle, where the host has it: dtc reads the tree and our text of it alike.
    #[test]
    fn dtc_agrees_with_the_tree_and_its_text() {
        let dtc = |from: &str, input: &[u8]| -> Option<Vec<u8>> {
            let args = ["-q", "-s", "-I", from, "-O", "dtb", "-"];
            let mut child =
                Command::new("dtc").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
            child.stdin.take()?.write_all(input).ok()?;
            let output = child.wait_with_output().ok()?;
            assert!(output.status.success(), "dtc refuses the {from}");
            Some(output.stdout)
        };
        let tree = tree(3);
        let Some(from_tree) = dtc("dtb", &tree) else { return };
        let from_text = dtc("dts", dts::print(&tree).unwrap().as_bytes()).unwrap();
        // The order of the strings block may differ: compare what is said, not how it is packed.
        assert_eq!(dts::print(&from_tree), dts::print(&from_text));
    }
}
