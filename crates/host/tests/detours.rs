//! Faults that are expected: generated code goes on where its table says, again and again, on any thread.

use lodge_host::CodeMapping;
use lodge_host::faults::{self, Detours};

/// Offset of where code goes on after a fault.
const ELSEWHERE: usize = 64;

/// `mov rax, [rdi]; ret`, and elsewhere `mov eax, 42; ret` (System V: argument in rdi, result in rax).
fn code() -> CodeMapping {
    let mut code = CodeMapping::new(4096, 4096).expect("memory for code");
    code.write(0, &[0x48, 0x8b, 0x07, 0xc3]);
    code.write(ELSEWHERE, &[0xb8, 42, 0, 0, 0, 0xc3]);
    code
}

fn read(code: &CodeMapping, detours: &Detours, address: usize) -> u64 {
    // SAFETY: the code above keeps the System V ABI, and what it may fault at has a detour.
    let load = unsafe { std::mem::transmute::<usize, extern "sysv64" fn(usize) -> u64>(code.address(0)) };
    detours.during(|| load(address))
}

#[test]
fn code_that_faults_goes_on_elsewhere() {
    faults::catch().expect("signals can be caught");
    faults::catch().expect("twice, too");
    let one = |_| {
        std::thread::spawn(|| {
            let (code, mut detours) = (code(), Detours::default());
            detours.add(code.address(0), code.address(ELSEWHERE));
            let value = 7_u64;
            for _ in 0..1_000 {
                assert_eq!(read(&code, &detours, &raw const value as usize), 7);
                assert_eq!(read(&code, &detours, 8), 42);
            }
        })
    };
    (0..4).map(one).collect::<Vec<_>>().into_iter().for_each(|one| one.join().expect("no fault is lost"));
}
