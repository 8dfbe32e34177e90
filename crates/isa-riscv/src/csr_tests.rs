//! Every register number: what may be used from where, and what each holds after all ones and all zeroes.

use super::*;
use crate::hart::tests::Rig;
use crate::trap::USER;
use std::fmt::Write;

/// All numbers and names in the table.
fn registers() -> impl Iterator<Item = (u16, String)> {
    TABLE.iter().flat_map(|row| {
        (0..row.count).map(|i| {
            let digits = row.name.trim_end_matches(|c: char| c.is_ascii_digit());
            let first: Option<u16> = row.name[digits.len()..].parse().ok();
            let name = first.map_or(row.name.into(), |first| format!("{digits}{}", first + i * row.step));
            (row.number + i * row.step, name)
        })
    })
}

#[test]
fn registers_hold_what_they_can() {
    let mut text = String::new();
    for (number, name) in registers().filter(|(number, _)| number >> 10 != 3) {
        let held = [u64::MAX, 0].map(|value| {
            let mut rig = Rig::new(true);
            rig.hart.csrs.mstatus = status::FS | status::VS;
            // Supervisor registers that are windows show all they can.
            rig.hart.csrs.mideleg = irq::SUPERVISOR;
            rig.write(number, value);
            rig.read(number)
        });
        writeln!(text, "{name:<14} {:016x} {:016x}", held[0], held[1]).unwrap();
    }
    let blessed = include_str!("csr_warl.txt");
    assert_eq!(text, blessed, "the text held now:\n{text}");
}

#[test]
fn only_registers_that_exist_answer_and_only_from_where_they_may() {
    let known: std::collections::BTreeMap<u16, String> = registers().collect();
    assert!(known.keys().zip(saved().collect::<Vec<_>>().windows(2)).all(|(_, pair)| pair[0] < pair[1]));
    for privilege in [USER, SUPERVISOR, MACHINE] {
        let mut rig = Rig::new(true);
        rig.hart.csrs.mcounteren = u64::MAX;
        rig.hart.csrs.scounteren = u64::MAX;
        rig.hart.csrs.menvcfg = envcfg::MACHINE;
        rig.hart.csrs.mstateen = [u64::MAX; 4];
        rig.hart.csrs.mstatus = status::FS | status::VS;
        rig.hart.privilege = privilege;
        for number in 0..4096 {
            let may_read = known.contains_key(&number) && u16::from(privilege) >= number >> 8 & 3;
            let refused = Outcome::Raise(illegal(0x73));
            let outcome = rig.csr(number, CsrOp::Set, false, 0);
            assert_eq!(outcome != refused, may_read, "reading {number:#x} from {privilege}");
            if !may_read || number >> 10 == 3 {
                assert_eq!(
                    rig.csr(number, CsrOp::Set, true, 0),
                    refused,
                    "writing {number:#x} from {privilege}"
                );
            }
        }
    }
}

#[test]
fn machine_mode_can_keep_registers_from_those_below() {
    let refused = Outcome::Raise(illegal(0x73));
    let mut rig = Rig::new(false);
    let mut check = |number, privilege, change: fn(&mut Csrs)| {
        rig.hart.privilege = privilege;
        let saved = rig.hart.csrs.clone();
        rig.hart.csrs.mstatus |= status::FS | status::VS;
        assert_ne!(rig.csr(number, CsrOp::Set, false, 0), refused, "{number:#x}");
        change(&mut rig.hart.csrs);
        assert_eq!(rig.csr(number, CsrOp::Set, false, 0), refused, "{number:#x}");
        rig.hart.csrs = saved;
    };
    check(FCSR, SUPERVISOR, |c| c.mstatus &= !status::FS);
    check(FFLAGS, USER, |c| c.mstatus &= !status::FS);
    check(VSTART, USER, |c| c.mstatus &= !status::VS);
    check(VLENB, SUPERVISOR, |c| c.mstatus &= !status::VS);
    check(SATP, SUPERVISOR, |c| c.mstatus |= status::TVM);
    check(TIME, SUPERVISOR, |c| c.mcounteren &= !2);
    check(TIME, USER, |c| c.mcounteren &= !2);
    check(TIME, USER, |c| c.scounteren &= !2);
    check(INSTRET, USER, |c| c.scounteren &= !4);
    check(STIMECMP, SUPERVISOR, |c| c.mcounteren &= !2);
    check(STIMECMP, SUPERVISOR, |c| c.menvcfg &= !envcfg::STCE);
    check(SENVCFG, SUPERVISOR, |c| c.mstateen[0] &= !STATEEN_ENVCFG);
    check(SSTATEEN0, SUPERVISOR, |c| c.mstateen[0] &= !STATEEN_SE);
}

#[test]
fn values_that_a_field_cannot_hold_leave_it_as_it_was() {
    let mut rig = Rig::new(true);
    let mut keeps = |number, good: u64, bad: u64| {
        rig.write(number, good);
        rig.write(number, bad);
        assert_eq!(rig.read(number), good, "{number:#x}");
    };
    keeps(SATP, 8 << 60 | 7 << 44 | 0x80000, 3 << 60);
    keeps(SATP, 10 << 60 | 0xffff << 44 | 0x80000, u64::MAX);
    keeps(STVEC, 0x8000_0001, 0x9000_0002);
    keeps(MTVEC, 0x8000_0000, 0x9000_0003);
    keeps(MENVCFG, 1 << 4, 2 << 4);
    keeps(MSTATUS, status::UXL | status::SXL | 1 << 11, 2 << 11);
}

#[test]
fn floating_point_registers_are_views_of_one_and_mark_it_dirty() {
    let mut rig = Rig::new(false);
    assert!(matches!(rig.csr(FRM, CsrOp::Set, true, 1), Outcome::Raise(_)), "the unit is off");
    rig.write(SSTATUS, 1 << 13);
    assert_eq!(rig.write(FCSR, 0x7f), Outcome::Leave(0), "mode: dirty, rounding mode 3");
    assert_eq!(rig.read(SSTATUS), status::SD | status::UXL | status::FS);
    assert_eq!((rig.read(FFLAGS), rig.read(FRM), rig.read(FCSR)), (0x1f, 3, 0x7f));
    assert_eq!(rig.frame.rounding(), Rounding::Up);
    assert_eq!(rig.csr(FFLAGS, CsrOp::Clear, true, 0xff), Outcome::Value(0x1f));
    assert_eq!(rig.write(FRM, 5), Outcome::Leave(3));
    assert_eq!((rig.read(FCSR), rig.hart.mode.assume), (5 << 5, 5 << 4 | 3 << 2 | 1));
}

#[test]
fn counters_count_time_until_inhibited() {
    let mut rig = Rig::new(true);
    rig.write(MCYCLE, 1000);
    rig.clock.advance(50);
    assert_eq!((rig.read(MCYCLE), rig.read(CYCLE), rig.read(INSTRET)), (1050, 1050, 50));
    rig.write(MCOUNTINHIBIT, 1);
    rig.clock.advance(50);
    assert_eq!((rig.read(MCYCLE), rig.read(MINSTRET)), (1050, 100));
    rig.write(MCYCLE, 7);
    rig.write(MCOUNTINHIBIT, 0);
    rig.clock.advance(1);
    assert_eq!(rig.read(CYCLE), 8);
}

#[test]
fn the_external_line_does_not_stick_in_the_software_bit() {
    let mut rig = Rig::new(true);
    lodge_bus::IrqSink::set(&*rig.hart.link, 9, true);
    assert_eq!(rig.csr(MIP, CsrOp::Set, true, irq::SSIP), Outcome::Value(irq::SEIP));
    lodge_bus::IrqSink::set(&*rig.hart.link, 9, false);
    assert_eq!(rig.read(MIP), irq::SSIP);
    rig.write(MIP, irq::SEIP);
    assert_eq!(rig.read(MIP), irq::SEIP);
    rig.hart.link.pulse(irq::SSIP);
    assert_eq!(rig.read(MIP), irq::SEIP | irq::SSIP);
}
