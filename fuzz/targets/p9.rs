//! 9P messages of a guest against a scratch folder: always an answer, and nothing outside of the folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;
use std::sync::OnceLock;

/// A folder of this process, emptied when it has filled up.
fn scratch() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("lodge-fuzz-p9-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder.join("inside")
    });
    let full = std::fs::read_dir(folder).map_or(true, |entries| entries.count() > 100);
    if full {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).expect("a scratch folder");
        std::fs::write(folder.join("a"), "content").expect("a scratch file");
        std::fs::create_dir(folder.join("b")).expect("a scratch folder");
    }
    folder.clone()
}

fuzz_target!(|bytes: &[u8]| {
    let folder = scratch();
    lodge_share::hostile::p9(&folder, bytes);
    let beside = std::fs::read_dir(folder.parent().expect("it has one")).expect("it can be listed").count();
    assert_eq!(beside, 1, "something was made outside of the folder");
});
