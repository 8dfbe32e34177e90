//! The mirror as a vCPU's contexts use it: what is shown where, and when it goes.

use super::*;
use lodge_memory::Ram;

const RAM: u64 = 0x8000_0000;
const PAGE: u64 = PAGE_SIZE;
/// Guest addresses of a window.
const HERE: u64 = 0x1000_0000;
const THERE: u64 = 0x3000_0000;

fn memory() -> GuestMemory {
    GuestMemory::new(vec![Ram::new(RAM, 4 * LARGE).expect("RAM")]).expect("one region")
}

fn mmu() -> SoftMmu {
    let mmu = SoftMmu::new(0, true);
    assert!(mmu.mirrors(), "this host has room for windows");
    mmu
}

fn page(physical: u64, writable: bool) -> Mapping {
    Mapping { address: physical, readable: true, writable, leaf: PAGE, whole_page: true, global: false }
}

fn large(physical: u64) -> Mapping {
    Mapping { leaf: LARGE, ..page(physical, true) }
}

/// Where a guest address is in the current window.
fn seen(mmu: &mut SoftMmu, address: u64) -> *mut u64 {
    let context: *mut MmuContext = mmu.current();
    context.cast::<u8>().wrapping_add(mirror::OFFSET + address as usize).cast()
}

fn pieces(mmu: &SoftMmu) -> usize {
    mmu.contexts.iter().map(Home::pieces).sum()
}

#[test]
fn a_window_shows_ram_where_it_is_mapped() {
    let (memory, mut mmu) = (memory(), mmu());
    assert_eq!(mmu.show(HERE + 8, page(RAM + 0x5008, true), &memory), Showing::New);
    memory.write_u64(RAM + 0x5010, 42).expect("RAM");
    // SAFETY: shown just now, and writable.
    unsafe {
        assert_eq!(seen(&mut mmu, HERE + 0x10).read_volatile(), 42);
        seen(&mut mmu, HERE + 0x18).write_volatile(43);
    }
    assert_eq!(memory.read_u64(RAM + 0x5018).expect("RAM"), 43);
    assert_eq!(mmu.show(HERE, page(RAM + 0x5000, true), &memory), Showing::Useless, "it is there");
    assert_eq!(mmu.show(HERE, page(RAM + 0x5000, false), &memory), Showing::Again, "with other rights");
    mmu.flush(Some((HERE, 1)), |_| true, false);
    assert_eq!(pieces(&mmu), 0);
    assert_eq!(mmu.show(HERE, page(RAM + 0x5000, true), &memory), Showing::Again);
    mmu.flush(None, |_| true, true);
    assert_eq!(pieces(&mmu), 0);
}

#[test]
fn what_a_window_cannot_show_is_useless() {
    let (memory, mut mmu) = (memory(), mmu());
    assert_eq!(mmu.show(mirror::WINDOW, page(RAM, true), &memory), Showing::Useless, "behind its end");
    assert_eq!(mmu.show(u64::MAX - 0xfff, page(RAM, true), &memory), Showing::Useless, "negative");
    assert_eq!(mmu.show(HERE, page(RAM - PAGE, true), &memory), Showing::Useless, "no RAM");
    let unreadable = Mapping { readable: false, ..page(RAM, false) };
    assert_eq!(mmu.show(HERE, unreadable, &memory), Showing::Useless);
    let partly = Mapping { whole_page: false, ..page(RAM, true) };
    assert_eq!(mmu.show(HERE, partly, &memory), Showing::Useless);
    assert_eq!(mmu.show(mirror::WINDOW - 1, page(RAM + 0xfff, true), &memory), Showing::New, "the last page");
}

#[test]
fn a_page_is_writable_at_one_address_of_a_window() {
    let (memory, mut mmu) = (memory(), mmu());
    mmu.show(HERE, page(RAM, true), &memory);
    mmu.show(THERE, page(RAM, true), &memory);
    assert_eq!(pieces(&mmu), 1, "the first has gone");
    mmu.show(HERE, page(RAM, false), &memory);
    assert_eq!(pieces(&mmu), 2, "to be read, it may be at both");
    assert_eq!(mmu.protect(&[RAM]), [RAM]);
    assert_eq!(mmu.protect(&[RAM]), []);
    assert_eq!(pieces(&mmu), 1, "who reads keeps it");
}

#[test]
fn code_in_a_large_page_parts_it() {
    let (memory, mut mmu) = (memory(), mmu());
    mmu.show(HERE, page(RAM + PAGE, true), &memory);
    assert_eq!(mmu.show(THERE + 5 * PAGE, large(RAM + 5 * PAGE), &memory), Showing::New);
    assert_eq!(pieces(&mmu), 1, "one piece, and no second way to write to a part of it");
    // SAFETY: all of the large page is shown.
    unsafe { seen(&mut mmu, THERE + LARGE - 8).write_volatile(7) };
    assert_eq!(memory.read_u64(RAM + LARGE - 8).expect("RAM"), 7);
    memory.mark_code(RAM + 9 * PAGE, 0);
    assert_eq!(mmu.protect(&[RAM + 9 * PAGE]), [RAM + 9 * PAGE]);
    assert_eq!(pieces(&mmu), 0);
    // From now on by pages, and the one with code only to be read.
    assert_eq!(mmu.show(THERE + 9 * PAGE, large(RAM + 9 * PAGE), &memory), Showing::New);
    assert_eq!(mmu.show(THERE + 8 * PAGE, large(RAM + 8 * PAGE), &memory), Showing::New);
    assert_eq!((pieces(&mmu), mmu.protect(&[RAM + 9 * PAGE])), (2, vec![]));
    assert_eq!(mmu.protect(&[RAM + 8 * PAGE]), [RAM + 8 * PAGE]);
}

#[test]
fn address_spaces_have_windows_of_their_own_until_they_are_too_many() {
    let (memory, mut mmu) = (memory(), mmu());
    let space = |root| Mode { root, ..Mode::default() };
    for root in 1..=2 * CONTEXTS as u64 {
        mmu.select(space(root));
        // A window that was another's remembers what that showed.
        let showing = mmu.show(HERE, page(RAM + PAGE * root, true), &memory);
        assert!(matches!(showing, Showing::New | Showing::Again));
        assert!(pieces(&mmu) <= CONTEXTS);
    }
    assert_eq!(pieces(&mmu), CONTEXTS, "those of whoever was away longest have gone");
    mmu.flush(None, |root| root == 2 * CONTEXTS as u64, true);
    assert_eq!(pieces(&mmu), CONTEXTS - 1);
}

/// Linux gives a process 65,530 mappings. A guest that touches pages here and there must not use them all up.
#[test]
fn scattered_pages_do_not_use_up_the_hosts_mappings() {
    let (memory, mut mmu) = (memory(), mmu());
    let mappings = || std::fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count());
    let (mut shown, mut most) = (0, 0);
    for n in 0..60_000 {
        // No two that the kernel could take together.
        let showing = mmu.show(HERE + 2 * PAGE * n, page(RAM + PAGE * (n * 7 % 1024), false), &memory);
        assert_ne!(showing, Showing::Refused, "page {n}");
        shown += u64::from(showing == Showing::New);
        if n % 6_000 == 0 {
            most = most.max(mappings());
        }
    }
    most = most.max(mappings());
    assert!(shown > 50_000, "only {shown} were shown");
    assert!(most < 60_000, "{most} mappings");
}
