//! Page tables made by hand, every format and permission; and the PMP behind them.

use super::*;
use crate::csr::{self, envcfg, status};
use crate::hart::tests::{RAM, Rig};
use lodge_jit::Isa;

const ROOT: u64 = RAM + 0x10_0000;
const ALL: u64 = V | R | W | X | A | D;
/// Top bits of `satp` for each format, with its levels.
const FORMATS: [(u64, u32); 3] = [(8, 3), (9, 4), (10, 5)];

fn leaf(physical: u64, bits: u64) -> u64 {
    physical >> 12 << 10 | bits
}

/// Maps `address` by a leaf at `level`; tables lie one page behind the other from [`ROOT`]. Returns where the leaf is.
fn map(rig: &Rig, levels: u32, address: u64, level: u32, pte: u64) -> u64 {
    let slot = |table: u64, level: u32| table + (address >> (12 + 9 * level) & 511) * 8;
    let mut table = ROOT;
    for at in (level + 1..levels).rev() {
        let next = ROOT + u64::from(levels - at) * 0x1000;
        rig.put(slot(table, at), leaf(next, V));
        table = next;
    }
    rig.put(slot(table, level), pte);
    slot(table, level)
}

fn rig(mode: u64) -> Rig {
    let mut rig = Rig::new(false);
    rig.write(csr::SATP, mode << 60 | 5 << 44 | ROOT >> 12);
    rig
}

fn fault(cause: u64, value: u64) -> Result<Mapping, Exception> {
    Err(Exception { cause, value })
}

#[test]
fn every_format_and_page_size_translates() {
    for (mode, levels) in FORMATS {
        for level in 0..levels {
            let mut rig = rig(mode);
            let size = 1u64 << (12 + 9 * level);
            // The upper half of the address space, so that sign extension counts.
            let base = u64::MAX << (11 + 9 * levels);
            let address = base + 0x123;
            let physical = if level < 2 { RAM.next_multiple_of(size) + 2 * size } else { 2 * size };
            map(&rig, levels, address, level, leaf(physical, ALL));
            let want = physical | address & (size - 1);
            assert_eq!(
                rig.walk(address, Access::Write).unwrap(),
                Mapping {
                    address: want,
                    readable: true,
                    writable: true,
                    leaf: size,
                    whole_page: true,
                    global: false
                },
                "mode {mode} level {level}"
            );
            assert_eq!(rig.hart.peek(&rig.frame, &rig.space, address), Some(want));
            // Bits above the format's must repeat its top one; the next page is not mapped.
            for wrong in [address ^ 1 << 63, address ^ 1 << (12 + 9 * levels), address.wrapping_add(size)] {
                assert_eq!(rig.walk(wrong, Access::Read), fault(13, wrong));
                assert_eq!(rig.hart.peek(&rig.frame, &rig.space, wrong), None);
            }
            if level > 0 {
                map(&rig, levels, address, level, leaf(physical + 0x1000, ALL));
                assert_eq!(rig.walk(address, Access::Execute), fault(12, address), "misaligned superpage");
            }
        }
    }
}

#[test]
fn napot_pages_and_memory_types_need_their_encodings() {
    let mut rig = rig(8);
    let address = 0x4000_7abc;
    let pte = map(&rig, 3, address, 0, leaf(RAM + 0x8000, ALL | N));
    assert_eq!(rig.walk(address, Access::Read).unwrap().address, RAM + 0x7abc);
    rig.with(|hart, cx| hart.fence(cx.flush, Some(0x4000_1000), None));
    assert_eq!(
        rig.flush.pop(),
        Some(Flush::Translations { range: Some((0x4000_0000, 0x1_0000)), asid: None })
    );
    for (bad, why) in [
        (leaf(RAM + 0x4000, ALL | N), "another NAPOT size"),
        (leaf(RAM, ALL | 3 << 61), "reserved memory type"),
        (leaf(RAM, ALL | 1 << 54), "reserved bit"),
        (leaf(RAM, V | W | A | D), "write-only"),
        (leaf(RAM, ALL & !V), "not valid"),
        (leaf(RAM, V), "a pointer at the last level"),
    ] {
        rig.put(pte, bad);
        assert_eq!(rig.walk(address, Access::Read), fault(13, address), "{why}");
    }
    rig.put(pte, leaf(RAM, ALL | 1 << 61));
    assert!(rig.walk(address, Access::Read).is_ok());
    rig.hart.csrs.menvcfg &= !envcfg::PBMTE;
    assert_eq!(rig.walk(address, Access::Read), fault(13, address), "Svpbmt off");
    for bit in [U, A, D, 1 << 61, N] {
        rig.put(ROOT + 8, leaf(ROOT + 0x1000, V | bit));
        assert_eq!(rig.walk(address, Access::Read), fault(13, address), "pointer with {bit:#x}");
    }
    rig.put(ROOT + 8, leaf(0x1000, V));
    assert_eq!(rig.walk(address, Access::Write), fault(7, address), "table outside RAM");
}

#[test]
fn accessed_and_dirty_are_set_by_hardware_when_enabled() {
    let mut rig = rig(9);
    let address = 0x1_2345_6000;
    let bare = V | R | W | X;
    let pte = map(&rig, 4, address, 0, leaf(RAM, bare));
    assert!(!rig.walk(address, Access::Execute).unwrap().writable, "not dirty yet: a store must walk");
    assert_eq!(rig.word(pte), leaf(RAM, bare | A));
    assert!(rig.walk(address, Access::Write).unwrap().writable);
    assert_eq!(rig.word(pte), leaf(RAM, bare | A | D));
    rig.hart.csrs.menvcfg &= !envcfg::ADUE;
    rig.put(pte, leaf(RAM, bare));
    assert_eq!(rig.walk(address, Access::Read), fault(13, address));
    rig.put(pte, leaf(RAM, bare | A));
    assert!(rig.walk(address, Access::Read).is_ok());
    assert_eq!(rig.walk(address, Access::Write), fault(15, address));
    assert_eq!(rig.word(pte), leaf(RAM, bare | A));
    // A walk that faults marks nothing, and a look by a debugger neither.
    rig.hart.csrs.menvcfg |= envcfg::ADUE;
    rig.put(pte, leaf(RAM, V | R));
    assert_eq!(rig.walk(address, Access::Write), fault(15, address));
    assert_eq!(rig.hart.peek(&rig.frame, &rig.space, address + 5), Some(RAM + 5));
    assert_eq!(rig.word(pte), leaf(RAM, V | R));
}

/// The manual's permission rules, as its text has them.
fn permitted(pte: u64, access: Access, privilege: u8, sum: bool, mxr: bool) -> bool {
    let user_page = pte & U != 0;
    if privilege == USER && !user_page {
        return false;
    }
    if privilege == SUPERVISOR && user_page && (access == Access::Execute || !sum) {
        return false;
    }
    match access {
        Access::Read => pte & R != 0 || mxr && pte & X != 0,
        Access::Write => pte & W != 0,
        Access::Execute => pte & X != 0,
    }
}

#[test]
fn permissions_follow_privilege_sum_mxr_and_mprv() {
    let address = 0x20_0000;
    let mut cases = 0;
    for bits in [R, R | W, X, R | X, R | W | X].into_iter().flat_map(|b| [b, b | U]) {
        for (privilege, mprv) in [(USER, false), (SUPERVISOR, false), (USER, true), (SUPERVISOR, true)] {
            for (sum, mxr) in [(false, false), (false, true), (true, false), (true, true)] {
                let mut rig = rig(8);
                let pte = V | A | D | bits;
                map(&rig, 3, address, 0, leaf(RAM, pte));
                rig.hart.privilege = if mprv { MACHINE } else { privilege };
                rig.hart.csrs.mstatus = u64::from(privilege) << 11
                    | if mprv { status::MPRV } else { 0 }
                    | if sum { status::SUM } else { 0 }
                    | if mxr { status::MXR } else { 0 };
                rig.hart.update_mode();
                for access in [Access::Read, Access::Write, Access::Execute] {
                    let want = if mprv && access == Access::Execute {
                        // Fetches stay in M-mode: untranslated.
                        Ok(Mapping {
                            address,
                            readable: false,
                            writable: false,
                            leaf: 1 << 12,
                            whole_page: true,
                            global: false,
                        })
                    } else if permitted(pte, access, privilege, sum, mxr) {
                        Ok(Mapping {
                            address: RAM,
                            readable: permitted(pte, Access::Read, privilege, sum, mxr),
                            writable: permitted(pte, Access::Write, privilege, sum, mxr),
                            leaf: 1 << 12,
                            whole_page: true,
                            global: false,
                        })
                    } else {
                        fault(page_fault(access), address)
                    };
                    let case = format!("{bits:#x} {privilege} mprv {mprv} sum {sum} mxr {mxr} {access:?}");
                    assert_eq!(rig.walk(address, access), want, "{case}");
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 480);
}

#[test]
fn protection_is_checked_on_tables_and_on_what_they_lead_to() {
    let mut rig = rig(8);
    let (address, pte) = (0x5000, leaf(RAM + 0x2000, V | R | W | X | U));
    let slot = map(&rig, 3, address, 0, pte);
    rig.hart.privilege = USER;
    rig.hart.update_mode();
    let mut protect = |first: u64, cfg: u8| {
        // One page by NAPOT, then everything.
        rig.hart.pmp.write_addr(0, first >> 2 | 0x1ff);
        rig.hart.pmp.write_addr(1, u64::MAX);
        rig.hart.pmp.write_cfg(0, 0x1f00 | u64::from(cfg));
        rig.put(slot, pte);
        [Access::Read, Access::Write, Access::Execute]
            .map(|access| rig.walk(address, access).map(|m| (m.readable, m.writable)).map_err(|e| e.cause))
    };
    assert_eq!(protect(0, 0x18), [Ok((true, false)), Ok((true, true)), Ok((true, true))]);
    assert_eq!(protect(RAM + 0x2000, 0x18), [Err(5), Err(7), Err(1)]);
    assert_eq!(protect(RAM + 0x2000, 0x19), [Ok((true, false)), Err(7), Err(1)]);
    assert_eq!(protect(RAM + 0x2000, 0x1c), [Err(5), Err(7), Ok((false, false))]);
    assert_eq!(protect(ROOT, 0x18), [Err(5), Err(7), Err(1)], "the root table cannot be read");
    assert_eq!(protect(slot & !0xfff, 0x19), [Err(5), Err(7), Err(1)], "the last table cannot be marked");
    // Part of the page follows another rule.
    rig.hart.pmp.write_addr(0, (RAM + 0x2800) >> 2);
    rig.hart.pmp.write_cfg(0, 0x1f09);
    assert!(!rig.walk(address, Access::Read).unwrap().whole_page);
    assert_eq!(rig.hart.pmp.permit(RAM + 0x2800, USER).bits, 7);
}

#[test]
fn without_translation_addresses_are_physical() {
    let mut rig = Rig::new(true);
    assert!(rig.walk(0xffff_ffff_ffff_fff8, Access::Write).unwrap().writable);
    rig.hart.privilege = SUPERVISOR;
    rig.hart.update_mode();
    assert_eq!(rig.walk(RAM, Access::Execute), fault(1, RAM), "no PMP entry lets it");
}

#[test]
fn fences_forget_whole_superpages_but_no_more() {
    let mut rig = rig(8);
    map(&rig, 3, 0x4020_0000, 1, leaf(RAM, ALL));
    rig.walk(0x4030_0000, Access::Read).unwrap();
    let mut fence = |args| {
        assert_eq!(rig.call(crate::helper::Helper::SfenceVma, args), lodge_jit::Outcome::Leave(0));
        rig.flush.pop().unwrap()
    };
    let forgets = |range, asid| Flush::Translations { range, asid };
    assert_eq!(fence([0x4020_1234, 0, 1]), forgets(Some((0x4020_0000, 0x20_0000)), None));
    assert_eq!(fence([0x8020_1234, 7, 3]), forgets(Some((0x8020_1000, 0x1000)), Some(7)));
    assert_eq!(fence([0x4020_1234, 7, 2]), forgets(None, Some(7)));
    assert_eq!(fence([0, 0, 0]), forgets(None, None));
    assert_eq!(fence([0x4020_1234, 0, 1]), forgets(Some((0x4020_1000, 0x1000)), None));
}

#[test]
fn contexts_differ_where_accesses_do_and_only_there() {
    let mut rig = rig(8);
    let mut mode = |privilege: u8, mstatus: u64| {
        rig.hart.privilege = privilege;
        rig.hart.csrs.mstatus = mstatus;
        rig.hart.update_mode();
        (rig.hart.mode.root, rig.hart.mode.view)
    };
    let supervisor = mode(SUPERVISOR, 0);
    assert_ne!(supervisor, mode(SUPERVISOR, status::SUM));
    assert_ne!(supervisor, mode(SUPERVISOR, status::MXR));
    assert_ne!(supervisor, mode(USER, 0));
    assert_eq!(mode(USER, 0), mode(USER, status::SUM));
    assert_eq!(mode(MACHINE, 0), mode(MACHINE, status::SUM | status::MXR));
    assert_eq!(mode(MACHINE, 0).0, 0);
    assert_eq!(mode(MACHINE, status::MPRV).0, supervisor.0);
}

#[test]
fn many_large_pages_end_in_one_fence_of_everything() {
    let mut rig = rig(8);
    for page in 0..2000 {
        rig.hart.large.note(u64::MAX << 38 | page << 21, 21);
    }
    let mut fence = |address: u64| {
        rig.with(|hart, cx| hart.fence(cx.flush, Some(address), Some(3)));
        rig.flush.pop().unwrap()
    };
    let user = Flush::Translations { range: Some((0x1000, 0x1000)), asid: Some(3) };
    assert_eq!(fence(0x1234), user, "the other half of the address space is not concerned");
    assert_eq!(fence(u64::MAX << 38), Flush::Translations { range: None, asid: None });
    let page = Flush::Translations { range: Some((u64::MAX << 38, 0x1000)), asid: Some(3) };
    assert_eq!(fence(u64::MAX << 38), page);
}
