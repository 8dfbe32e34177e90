//! Plans and parsers against good, bad and hostile files.

use super::*;
use lodge_spec::{Boot, Kernel};
use std::io::Write;
use std::path::{Path, PathBuf};

const LAYOUT: Layout =
    Layout { ram: 0x8000_0000, ram_len: 64 << 20, kernel: 0x8020_0000, flash: 0x2000_0000 };

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("lodge-boot-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn image(size: u64, file: usize) -> Vec<u8> {
    let mut bytes = vec![0; file.max(64)];
    bytes[8..16].copy_from_slice(&0x20_0000u64.to_le_bytes());
    bytes[16..24].copy_from_slice(&size.to_le_bytes());
    bytes[48..53].copy_from_slice(b"RISCV");
    bytes[56..60].copy_from_slice(b"RSC\x05");
    bytes
}

fn elf(machine: u16, address: u64, physical: u64, content: &[u8], len: u64) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    for half in [2, machine] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(1u32.to_le_bytes());
    for word in [address, 64, 0] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(0u32.to_le_bytes());
    for half in [64u16, 56, 1, 0, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(7u32.to_le_bytes());
    for word in [120, address, physical, content.len() as u64, len, 4096] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(content);
    bytes
}

fn zboot(method: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = b"MZ\0\0zimg".to_vec();
    bytes.extend(64u32.to_le_bytes());
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.resize(24, 0);
    bytes.extend(method.as_bytes());
    bytes.resize(64, 0);
    bytes.extend(payload);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn kernel(path: &Path, initrd: Option<PathBuf>) -> Boot {
    Boot::new(None, Some(path.to_owned()), initrd, Some("quiet".into())).unwrap()
}

fn why(boot: &Boot, layout: Layout) -> String {
    let error = plan(boot, layout).expect_err("must be refused");
    let source = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
    format!("{error}{source}")
}

#[test]
fn every_form_of_kernel_gives_the_same_image() {
    let plain = image(5 << 20, 100_000);
    for packed in [
        plain.clone(),
        gzip(&plain),
        zstd(&plain),
        zboot("gzip", &gzip(&plain)),
        zboot("zstd22", &zstd(&plain)),
    ] {
        let (payload, bytes) = parse_kernel(packed).unwrap();
        assert!(matches!(payload, Payload::Image(Image { size }) if size == 5 << 20));
        assert_eq!(bytes, plain);
    }
}

#[test]
fn an_xz_file_unpacks() {
    // Thrice "\x7fnot an ELF", by xz with check=crc32.
    let xz = [
        0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36, 0x02, 0x00, 0x21, 0x01, 0x16,
        0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x00, 0x20, 0x00, 0x12, 0x5d, 0x00, 0x3f, 0x9b, 0x8a,
        0x42, 0xc6, 0xe1, 0x12, 0x59, 0x31, 0xf5, 0xc5, 0x41, 0x02, 0x79, 0x2a, 0x9d, 0x20, 0x00, 0x00, 0x00,
        0x00, 0xa1, 0x79, 0x79, 0xb9, 0x00, 0x01, 0x2a, 0x21, 0x5d, 0x69, 0x84, 0x03, 0x90, 0x42, 0x99, 0x0d,
        0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a,
    ];
    let (payload, bytes) = parse_kernel(xz.to_vec()).unwrap();
    assert_eq!((payload, bytes), (Payload::Raw, b"\x7fnot an ELF".repeat(3)));
    let cut = parse_kernel(xz[..xz.len() / 2].to_vec());
    assert!(matches!(cut, Err(FormatError::Damaged { method: "xz", .. })));
}

#[test]
fn kernels_of_other_machines_are_named() {
    let mut bz = vec![0; 0x400];
    bz[0x202..0x206].copy_from_slice(b"HdrS");
    let mut arm = image(0, 64);
    arm[56..60].copy_from_slice(b"ARM\x64");
    for (bytes, found) in [
        (bz, "x86 Linux kernel (bzImage)"),
        (arm, "arm64 Linux Image"),
        (elf(62, 0, 0, b"x", 1), "ELF file for x86-64"),
        (elf(183, 0, 0, b"x", 1), "ELF file for arm64"),
    ] {
        let error = parse_kernel(bytes).unwrap_err().to_string();
        assert!(error.contains(found) && error.contains("riscv64"), "{error}");
    }
    let error = parse_kernel(zboot("lz4", b"abc")).unwrap_err().to_string();
    assert!(error.contains("lz4") && error.contains("gzip, xz"), "{error}");
}

#[test]
fn truncated_and_random_files_are_refused_and_never_panic() {
    let good = [
        image(1 << 20, 4096),
        elf(243, 0x8020_0000, 0x8020_0000, &[1; 300], 4000),
        gzip(&image(0, 3000)),
        zstd(&image(0, 3000)),
        zboot("gzip", &gzip(&image(0, 3000))),
        zboot("zstd", &zstd(&image(0, 3000))),
        zboot("xzkern", b"\xfd7zXZ\0\0\x01"),
        zboot("lzma", &[0x5d, 0, 0, 0xff, 0xff, 1, 2, 3]),
    ];
    let mut seed = 1u64;
    for whole in good {
        for len in (0..whole.len()).step_by(whole.len() / 50 + 1) {
            let _ = parse_kernel(whole[..len].to_vec());
            let _ = parse_firmware(&whole[..len]);
        }
        for _ in 0..200 {
            let mut broken = whole.clone();
            for _ in 0..3 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = (seed >> 33) as usize % broken.len().min(130);
                broken[at] = (seed >> 20) as u8;
            }
            let _ = parse_firmware(&broken);
            let _ = parse_kernel(broken);
        }
    }
}

#[test]
fn a_kernel_and_its_initrd_are_placed_apart() {
    let folder = Folder::new("place");
    let k = folder.file("Image", &image(6 << 20, 1 << 20));
    let i = folder.file("initrd", &[7; 5000]);
    let plan = plan(&kernel(&k, Some(i)), LAYOUT).unwrap();
    assert_eq!(plan.start, Start::Supervisor { entry: 0x8020_0000 });
    assert_eq!((plan.fdt, plan.append.as_str()), (0x83e0_0000, "quiet"));
    assert_eq!(plan.initrd, Some(0x83c0_0000..0x83c0_0000 + 5000));
    assert_eq!(plan.loads[0].len, 6 << 20);
    assert_eq!(plan.loads[1].content(), [7; 5000]);
}

#[test]
fn an_elf_kernel_goes_where_linked_or_is_moved() {
    let folder = Folder::new("elf");
    for (physical, at) in [(0x8040_0000, 0x8040_0000), (0, 0x8020_0000), (0xffff_ffff_8000_0000, 0x8020_0000)]
    {
        let k = folder.file("vmlinux", &elf(243, 0xffff_ffff_8000_0000, physical, &[1; 300], 4000));
        let plan = plan(&kernel(&k, None), LAYOUT).unwrap();
        assert_eq!(plan.start, Start::Supervisor { entry: at });
        assert_eq!((plan.loads[0].address, plan.loads[0].content().len()), (at, 300));
    }
}

#[test]
fn too_little_memory_and_missing_files_are_one_clear_line() {
    let folder = Folder::new("lines");
    let big = folder.file("big", &image(63 << 20, 4096));
    let small = folder.file("small", &image(1 << 20, 4096));
    let random = folder.file("random", &[0xa5; 5000]);
    let huge = folder.file("huge", &vec![0; 61 << 20]);
    let empty = folder.file("empty", b"");
    let absent = folder.0.join("absent");
    for (boot, expected) in [
        (kernel(&big, None), "too little"),
        (kernel(&big, Some(small.clone())), "too little"),
        (kernel(&small, Some(huge)), "overlap"),
        (kernel(&absent, None), "cannot read the kernel"),
        (kernel(&small, Some(absent.clone())), "cannot read the initrd"),
        (kernel(&random, None), "neither ELF"),
        (kernel(&empty, None), "empty"),
        (kernel(&folder.0, None), "cannot read the kernel"),
    ] {
        let line = why(&boot, LAYOUT);
        assert!(line.contains(expected) && !line.contains('\n'), "{line}");
    }
}

#[test]
fn firmware_starts_in_m_mode_and_uefi_in_flash() {
    let folder = Folder::new("firmware");
    let raw = folder.file("fw.bin", &[0x13; 4096]);
    let k = folder.file("u-boot.bin", &[0x13; 4096]);
    let next = Some(Kernel { path: k, initrd: None, append: String::new() });
    let chain = plan(&Boot::Firmware { firmware: raw.clone(), kernel: next.clone() }, LAYOUT).unwrap();
    assert_eq!(chain.start, Start::Machine { entry: 0x8000_0000, next: 0x8020_0000 });
    let alone = plan(&Boot::Firmware { firmware: raw, kernel: None }, LAYOUT).unwrap();
    assert_eq!(alone.start, Start::Machine { entry: 0x8000_0000, next: 0 });

    let mut fd = vec![0xff; 1 << 20];
    fd[40..44].copy_from_slice(b"_FVH");
    let code = folder.file("X_CODE.fd", &fd);
    let without = plan(&Boot::Firmware { firmware: code.clone(), kernel: None }, LAYOUT).unwrap();
    assert!(without.flash[0].is_some() && without.flash[1].is_none());
    folder.file("X_VARS.fd", b"vars");
    let with = plan(&Boot::Firmware { firmware: code.clone(), kernel: None }, LAYOUT).unwrap();
    assert_eq!(with.start, Start::Supervisor { entry: 0x2000_0000 });
    assert_eq!(with.flash[1].as_deref(), Some(&b"vars"[..]));
    let both = Boot::Firmware { firmware: code, kernel: next };
    assert!(why(&both, LAYOUT).contains("leave --kernel away"));
}
