//! The memory map and the interrupt numbers of the `virt` board, as firmware and kernels built for QEMU's board of
//! that name expect them (its documentation and the device tree it gives are the contract).
//!
//! ```text
//!   0x0000_1000 reset vector      0x0c00_0000 PLIC               0x2000_0000 flash, 2 banks of 32 MiB
//!   0x0010_0000 test finisher     0x1000_0000 UART               0x3000_0000 PCIe configuration
//!   0x0010_1000 RTC               0x1000_1000 virtio-mmio × 16   0x4000_0000 PCIe memory, 32-bit
//!   0x0200_0000 CLINT             0x1010_0000 fw_cfg             0x8000_0000 RAM
//!   0x0300_0000 PCIe ports                                       above RAM   PCIe memory, 64-bit
//! ```

/// A window: first address and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Guest physical address.
    pub base: u64,
    /// Bytes.
    pub len: u64,
}

const fn window(base: u64, len: u64) -> Window {
    Window { base, len }
}

/// Where harts begin in firmware mode.
pub const RESET: Window = window(0x1000, 0xf000);
/// Test finisher: power off, reset.
pub const TEST: Window = window(0x10_0000, 0x1000);
/// Goldfish real-time clock.
pub const RTC: Window = window(0x10_1000, 0x1000);
/// Software interrupts and timers of M-mode.
pub const CLINT: Window = window(0x200_0000, 0x1_0000);
/// PCIe ports.
pub const PCIE_PORTS: Window = window(0x300_0000, 0x1_0000);
/// Interrupt controller.
pub const PLIC: Window = window(0xc00_0000, 0x60_0000);
/// UART.
pub const UART: Window = window(0x1000_0000, 0x100);
/// Firmware configuration.
pub const FW_CFG: Window = window(0x1010_0000, 0x18);
/// Both flash banks.
pub const FLASH: Window = window(0x2000_0000, 0x400_0000);
/// PCIe configuration space, 256 buses.
pub const PCIE_ECAM: Window = window(0x3000_0000, 0x1000_0000);
/// PCIe memory below 4 GiB.
pub const PCIE_MEMORY: Window = window(0x4000_0000, 0x4000_0000);
/// First byte of RAM.
pub const RAM: u64 = 0x8000_0000;
/// Where kernels without an address of their own go.
pub const KERNEL: u64 = 0x8020_0000;

/// virtio-mmio transports: as many as the well-known board has, and some more behind them.
pub const VIRTIO_SLOTS: usize = 16;
/// The well-known ones, whose interrupts are 1 to 8.
const USUAL_SLOTS: usize = 8;
/// Interrupt of the first slot behind them.
const MORE_SLOTS_IRQ: u32 = 36;
/// Most interrupt sources.
pub const SOURCES: u32 = 96;
/// Interrupt of the UART.
pub const UART_IRQ: u32 = 10;
/// Interrupt of the real-time clock.
pub const RTC_IRQ: u32 = 11;
/// Interrupt of PCIe pin INTA of slot 0; the next three follow.
pub const PCIE_IRQ: u32 = 32;
/// PCIe devices that the root complex has places for; see [`pcie_device`].
pub const PCIE_DEVICES: usize = 16;
/// PCIe ports, each with one slot, numbered from 1.
pub const PCIE_SLOTS: u8 = 4;
/// Input clock of the UART, Hz.
pub const UART_CLOCK: u32 = 3_686_400;

/// Interrupt of pin INTA of a PCIe device: pins swizzle over the four lines (PCI-to-PCI bridge specification, 9.1).
pub const fn pcie_irq(device: u8) -> u32 {
    PCIE_IRQ + device as u32 % 4
}

/// Device number of the PCIe device `n`. Those that would share the ports' interrupt are left out: a port's driver
/// looks at its port for every interrupt of that line.
pub const fn pcie_device(n: usize) -> u8 {
    (1 + n + n / 3) as u8
}

/// Device number of the port with slot `n`, counted from 0.
pub const fn pcie_port(n: u8) -> u8 {
    16 + 4 * n
}

/// One flash bank (0 or 1).
pub const fn flash_bank(bank: u64) -> Window {
    window(FLASH.base + bank * (FLASH.len / 2), FLASH.len / 2)
}

/// One virtio-mmio transport, and its interrupt.
pub const fn virtio(slot: usize) -> (Window, u32) {
    let irq = if slot < USUAL_SLOTS { 1 + slot } else { MORE_SLOTS_IRQ as usize + slot - USUAL_SLOTS };
    (window(0x1000_1000 + 0x1000 * slot as u64, 0x1000), irq as u32)
}

/// PCIe memory above RAM.
pub const fn pcie_high(ram_len: u64) -> Window {
    const LEN: u64 = 16 << 30;
    window((RAM + ram_len).next_multiple_of(LEN), LEN)
}
