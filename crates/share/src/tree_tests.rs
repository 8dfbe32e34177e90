//! The tree itself: what a guest can reach, what it must not, and whose files are.

use crate::{
    Caller, Errno, Folder, HandleId, Kind, MemoryExchange, Name, NodeId, Open, Owners, SetAttr, Settings,
    ShareError, Tree,
};
use std::ffi::{CStr, CString};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const ROOT: NodeId = NodeId::ROOT;
const NOBODY_SPECIAL: Caller = Caller { uid: 0, gid: 0 };

fn ours() -> Owners {
    Owners::of_process(Some(Caller::default()))
}

fn settings() -> Settings {
    Settings { read_only: false, owners: ours() }
}

fn open_tree(path: &Path, settings: Settings) -> Tree {
    Tree::new(Arc::new(Folder::open(path, settings).unwrap())).unwrap()
}

/// `outside/secret` beside `inside`, which is shared.
fn world() -> (tempfile::TempDir, std::path::PathBuf, Tree) {
    let scratch = tempfile::tempdir().unwrap();
    let inside = scratch.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::create_dir(scratch.path().join("outside")).unwrap();
    std::fs::write(scratch.path().join("outside/secret"), "secret").unwrap();
    let tree = open_tree(&inside, settings());
    (scratch, inside, tree)
}

fn name(text: &CStr) -> Name<'_> {
    Name::new(text).unwrap()
}

fn read_all(tree: &mut Tree, id: NodeId) -> crate::Result<Vec<u8>> {
    let handle = tree.open(id, Open(0))?;
    let bytes = read(tree, handle);
    tree.release(handle);
    Ok(bytes)
}

fn read(tree: &Tree, handle: HandleId) -> Vec<u8> {
    let mut exchange = MemoryExchange::new(Vec::new(), 4096);
    let n = tree.read(handle, 0, (0, 4096), &mut exchange).unwrap().unwrap();
    crate::Exchange::pass(&mut exchange, n as u64).unwrap();
    exchange.answer().to_vec()
}

fn write(tree: &Tree, handle: HandleId, bytes: &[u8]) -> crate::Result<usize> {
    let mut exchange = MemoryExchange::new(bytes.to_vec(), 0);
    tree.write(handle, 0, (bytes.len() as u64, false), &mut exchange).unwrap()
}

#[test]
fn what_is_no_folder_is_refused_in_words() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Folder::open(&file, settings()), Err(ShareError::NotAFolder { .. })));
    let missing = scratch.path().join("nothing");
    let error = Folder::open(&missing, settings()).unwrap_err().to_string();
    assert!(error.starts_with("there is no folder ") && error.contains("create it"), "{error}");
}

#[test]
fn files_are_made_read_renamed_and_removed() {
    let (_scratch, inside, mut tree) = world();
    let (dir, attr) = tree.make_dir(ROOT, name(c"dir"), 0o777, NOBODY_SPECIAL).unwrap();
    assert_eq!((attr.mode & 0o7777, attr.owner), (0o777, Caller::default()), "no mask of ours");
    let (file, _, handle) = tree.create(dir, name(c"a"), Open(0o302), 0o666, NOBODY_SPECIAL).unwrap();
    assert_eq!(std::fs::metadata(inside.join("dir/a")).unwrap().permissions().mode() & 0o7777, 0o666);
    assert_eq!(write(&tree, handle, b"hello"), Ok(5));
    assert_eq!(read(&tree, handle), b"hello");
    tree.rename((dir, name(c"a")), (ROOT, name(c"b")), 0).unwrap();
    assert_eq!(std::fs::read(inside.join("b")).unwrap(), b"hello");
    assert_eq!(tree.get_attr(file, None).unwrap().size, 5, "known by its new name");
    tree.unlink(ROOT, name(c"b"), false).unwrap();
    assert_eq!(tree.get_attr(file, None).unwrap().nlink, 0, "open, so it lives");
    tree.set_attr(file, &SetAttr { size: Some(2), ..SetAttr::default() }, None).unwrap();
    assert_eq!(read(&tree, handle), b"he");
    tree.release(handle);
    assert_eq!(tree.get_attr(file, None), Err(Errno::STALE));
    tree.unlink(ROOT, name(c"dir"), true).unwrap();
    for id in [file, dir] {
        tree.forget(id, 1);
    }
    assert_eq!(tree.known(), 1);
    assert!(std::fs::read_dir(&inside).unwrap().next().is_none());
}

#[test]
fn no_link_leads_out() {
    let (scratch, inside, mut tree) = world();
    let outside = scratch.path().join("outside");
    symlink(&outside, inside.join("absolute")).unwrap();
    symlink("../outside", inside.join("relative")).unwrap();
    symlink("../outside/secret", inside.join("file")).unwrap();
    symlink("/proc/self/root", inside.join("magic")).unwrap();
    for link in [c"absolute", c"relative", c"file", c"magic"] {
        let (id, attr) = tree.lookup(ROOT, name(link)).unwrap();
        assert_eq!(attr.kind().entry_type(), 10, "a link, whatever it points to");
        assert_eq!(tree.lookup(id, name(c"secret")), Err(Errno::NOTDIR));
        assert_eq!(tree.open(id, Open(0)), Err(Errno::LOOP));
        assert_eq!(tree.open_dir(id), Err(Errno::NOTDIR));
        assert_eq!(tree.make_dir(id, name(c"x"), 0o755, NOBODY_SPECIAL), Err(Errno::NOTDIR));
        let mode = SetAttr { mode: Some(0), ..SetAttr::default() };
        assert_eq!(tree.set_attr(id, &mode, None), Err(Errno::OPNOTSUPP));
        let size = SetAttr { size: Some(0), ..SetAttr::default() };
        assert_eq!(tree.set_attr(id, &size, None), Err(Errno::LOOP));
        assert!(tree.create(ROOT, name(link), Open(0o101), 0o644, NOBODY_SPECIAL).is_err());
    }
    assert_eq!(tree.parent(ROOT).unwrap().0, ROOT);
    assert_eq!(std::fs::read(outside.join("secret")).unwrap(), b"secret");
}

/// A user of the host keeps swapping a directory for a link to the outside, while the guest opens what is in it.
#[test]
fn no_race_leads_out() {
    let (scratch, inside, mut tree) = world();
    let (real, spare) = (inside.join("dir"), scratch.path().join("spare"));
    std::fs::create_dir(&real).unwrap();
    std::fs::write(real.join("secret"), "public").unwrap();
    symlink(scratch.path().join("outside"), &spare).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                let flags = rustix::fs::RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(rustix::fs::CWD, &real, rustix::fs::CWD, &spare, flags).unwrap();
            }
        })
    };
    let (mut seen, mut refused) = (0, 0);
    let end = std::time::Instant::now() + std::time::Duration::from_millis(700);
    while std::time::Instant::now() < end {
        // Everything from names, each time: no descriptor may help.
        tree.table.close_idle();
        let way = tree.lookup(ROOT, name(c"dir")).and_then(|(dir, _)| {
            let file = tree.lookup(dir, name(c"secret"))?.0;
            read_all(&mut tree, file)
        });
        match way {
            Ok(bytes) => {
                assert_eq!(bytes, b"public");
                seen += 1;
            }
            Err(_) => refused += 1,
        }
    }
    stop.store(true, Ordering::SeqCst);
    swapper.join().unwrap();
    assert!(seen > 0 && refused > 0, "{seen} seen, {refused} refused: no race took place");
}

#[test]
fn a_moved_directory_stays_itself() {
    let (scratch, inside, mut tree) = world();
    std::fs::create_dir_all(inside.join("a/b")).unwrap();
    std::fs::write(inside.join("a/b/c"), "c").unwrap();
    let a = tree.lookup(ROOT, name(c"a")).unwrap().0;
    let b = tree.lookup(a, name(c"b")).unwrap().0;
    let c = tree.lookup(b, name(c"c")).unwrap().0;
    // By the guest: known at the new place without a look.
    tree.rename((ROOT, name(c"a")), (ROOT, name(c"z")), 0).unwrap();
    tree.table.close_idle();
    assert_eq!(read_all(&mut tree, c).unwrap(), b"c");
    // By the host, and something else in its place: stale, not something else.
    std::fs::rename(inside.join("z"), scratch.path().join("gone")).unwrap();
    std::fs::create_dir_all(inside.join("z/b")).unwrap();
    std::fs::write(inside.join("z/b/c"), "other").unwrap();
    tree.table.close_idle();
    assert_eq!(read_all(&mut tree, c), Err(Errno::STALE));
    assert_eq!(tree.get_attr(c, None).map(|attr| attr.size), Err(Errno::STALE));
}

#[test]
fn nothing_changes_read_only() {
    let (_scratch, inside, _) = world();
    std::fs::write(inside.join("f"), "f").unwrap();
    let mut tree = open_tree(&inside, Settings { read_only: true, owners: ours() });
    let f = tree.lookup(ROOT, name(c"f")).unwrap().0;
    assert_eq!(read_all(&mut tree, f).unwrap(), b"f");
    let refused = Errno::ROFS;
    assert_eq!(tree.open(f, Open(1)), Err(refused));
    assert_eq!(tree.open(f, Open(0o1000)), Err(refused), "truncation writes");
    assert_eq!(tree.create(ROOT, name(c"g"), Open(2), 0o644, NOBODY_SPECIAL).unwrap_err(), refused);
    assert_eq!(tree.make_dir(ROOT, name(c"g"), 0o755, NOBODY_SPECIAL), Err(refused));
    assert_eq!(tree.make_node(ROOT, name(c"g"), 0o10644, NOBODY_SPECIAL), Err(refused));
    assert_eq!(tree.make_link(ROOT, name(c"g"), c"f", NOBODY_SPECIAL), Err(refused));
    assert_eq!(tree.link(f, ROOT, name(c"g")), Err(refused));
    assert_eq!(tree.unlink(ROOT, name(c"f"), false), Err(refused));
    assert_eq!(tree.rename((ROOT, name(c"f")), (ROOT, name(c"g")), 0), Err(refused));
    assert_eq!(tree.set_attr(f, &SetAttr::default(), None), Err(refused));
    assert_eq!(tree.set_xattr(f, c"user.a", b"", 0), Err(refused));
    assert_eq!(tree.remove_xattr(f, c"user.a"), Err(refused));
}

#[test]
fn special_files_are_neither_opened_nor_made() {
    let (_scratch, inside, mut tree) = world();
    for device in [0o20644, 0o60644] {
        assert_eq!(tree.make_node(ROOT, name(c"null"), device, NOBODY_SPECIAL), Err(Errno::PERM));
    }
    // A FIFO would wait for a writer: for ever.
    let (fifo, attr) = tree.make_node(ROOT, name(c"fifo"), 0o10644, NOBODY_SPECIAL).unwrap();
    assert_eq!(attr.kind().entry_type(), 1);
    assert_eq!(tree.open(fifo, Open(0)), Err(Errno::NXIO));
    assert_eq!(tree.create(ROOT, name(c"fifo"), Open(0o101), 0, NOBODY_SPECIAL).unwrap_err(), Errno::NXIO);
    assert!(inside.join("fifo").exists());
}

#[test]
fn only_what_is_unchanged_may_be_kept() {
    let (_scratch, inside, mut tree) = world();
    let path = inside.join("f");
    std::fs::write(&path, "one").unwrap();
    let f = tree.lookup(ROOT, name(c"f")).unwrap().0;
    let mut again = || {
        let handle = tree.open(f, Open(0)).unwrap();
        let unchanged = tree.unchanged(handle);
        tree.release(handle);
        unchanged
    };
    assert!(!again() && !again(), "too fresh to tell");
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert!(!again() && again() && again());
    std::fs::write(&path, "two").unwrap();
    assert!(!again());
}

#[test]
fn listing_goes_on_where_it_was_and_begins_anew() {
    let (_scratch, inside, mut tree) = world();
    for n in 0..1000 {
        std::fs::write(inside.join(format!("file-{n:04}")), "").unwrap();
    }
    let handle = tree.open_dir(ROOT).unwrap();
    let collect = |tree: &mut Tree, mut at: u64, most: usize| {
        let mut names = Vec::new();
        while let Some(entry) = tree.list(handle, at).unwrap().filter(|_| names.len() < most) {
            at = entry.next;
            names.push(entry.name);
        }
        (names, at)
    };
    let (first, middle) = collect(&mut tree, 0, 400);
    let (rest, _) = collect(&mut tree, middle, usize::MAX);
    let mut all: Vec<CString> = first.iter().chain(&rest).cloned().collect();
    all.sort();
    all.dedup();
    assert_eq!((first.len(), all.len()), (400, 1002), "each once, with . and ..");
    assert_eq!(
        collect(&mut tree, middle, usize::MAX).0,
        rest,
        "any place that was given can be gone back to"
    );
    std::fs::write(inside.join("new"), "").unwrap();
    assert_eq!(collect(&mut tree, 0, usize::MAX).0.len(), 1003, "from the beginning, what is new is seen");
    assert_eq!(tree.list(handle, u64::MAX), Err(Errno::INVAL));
    assert_eq!(tree.list(HandleId(99), 0), Err(Errno::BADF));
}

#[test]
fn only_a_bounded_number_of_descriptors_is_held() {
    let (_scratch, inside, _) = world();
    let mut folder = Folder::open(&inside, settings()).unwrap();
    folder.descriptors = 8;
    let mut tree = Tree::new(Arc::new(folder)).unwrap();
    let open_now = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open_now();
    let dirs: Vec<NodeId> = (0..200)
        .map(|n| {
            let text = CString::new(format!("d{n}")).unwrap();
            let (dir, _) = tree.make_dir(ROOT, name(&text), 0o755, NOBODY_SPECIAL).unwrap();
            tree.make_dir(dir, name(c"in"), 0o755, NOBODY_SPECIAL).unwrap();
            dir
        })
        .collect();
    for dir in &dirs {
        tree.lookup(*dir, name(c"in")).unwrap();
    }
    // Other tests open files meanwhile; 200 would stand out.
    assert!(open_now() < before + 100);
    let handles: Vec<_> = dirs.iter().map_while(|dir| tree.open_dir(*dir).ok()).collect();
    assert_eq!(handles.len(), 8);
    assert_eq!(tree.open_dir(dirs[0]), Err(Errno::NFILE));
}

#[test]
fn owners_are_mapped_and_cannot_be_given_away() {
    let (_scratch, inside, mut tree) = world();
    std::fs::write(inside.join("f"), "").unwrap();
    let (f, attr) = tree.lookup(ROOT, name(c"f")).unwrap();
    assert_eq!(attr.owner, Caller::default(), "the host's user is the guest's root");
    let give = |uid| SetAttr { uid: Some(uid), ..SetAttr::default() };
    assert!(tree.set_attr(f, &give(0), None).is_ok(), "it is root's already");
    assert_eq!(tree.set_attr(f, &give(1000), None), Err(Errno::PERM));
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let mut tree = open_tree(&inside, Settings { read_only: false, owners: Owners::Same });
    let caller = Caller { uid: 1234, gid: 4321 };
    tree.make_dir(ROOT, name(c"d"), 0o2755, caller).unwrap();
    let (_, attr, _) = tree.create(ROOT, name(c"g"), Open(0o302), 0o4711, caller).unwrap();
    assert_eq!((attr.owner, attr.mode & 0o7777), (caller, 0o4711));
    let d = std::fs::metadata(inside.join("d")).unwrap();
    assert_eq!((d.uid(), d.gid()), (1234, 4321));
    // In a set-group-id directory the group is the directory's.
    std::fs::set_permissions(inside.join("d"), std::fs::Permissions::from_mode(0o2755)).unwrap();
    let d = tree.lookup(ROOT, name(c"d")).unwrap().0;
    let (_, attr) = tree.make_dir(d, name(c"e"), 0o755, Caller { uid: 1, gid: 1 }).unwrap();
    assert_eq!((attr.owner, attr.mode & 0o7777), (Caller { uid: 1, gid: 4321 }, 0o2755));
}

#[test]
fn attributes_of_users_only() {
    let (_scratch, inside, mut tree) = world();
    std::fs::write(inside.join("f"), "").unwrap();
    let f = tree.lookup(ROOT, name(c"f")).unwrap().0;
    for hidden in [c"security.capability", c"system.posix_acl_access", c"trusted.x", c"user."] {
        assert_eq!(tree.set_xattr(f, hidden, b"x", 0), Err(Errno::OPNOTSUPP), "{hidden:?}");
        assert_eq!(tree.get_xattr(f, hidden), Err(Errno::OPNOTSUPP), "{hidden:?}");
    }
    match tree.set_xattr(f, c"user.a", b"value", 0) {
        Err(Errno::OPNOTSUPP) => return, // a file system without them
        done => done.unwrap(),
    }
    assert_eq!(tree.get_xattr(f, c"user.a").unwrap(), b"value");
    assert_eq!(tree.list_xattr(f).unwrap(), b"user.a\0");
    assert_eq!(tree.set_xattr(f, c"user.a", b"", 1), Err(Errno::EXIST));
    tree.remove_xattr(f, c"user.a").unwrap();
    assert_eq!(tree.get_xattr(f, c"user.a"), Err(Errno::NODATA));
}

#[test]
fn a_guest_finds_its_files_after_a_restore() {
    let (_scratch, inside, mut tree) = world();
    std::fs::create_dir(inside.join("d")).unwrap();
    std::fs::write(inside.join("d/f"), "f").unwrap();
    let d = tree.lookup(ROOT, name(c"d")).unwrap().0;
    let f = tree.lookup(d, name(c"f")).unwrap().0;
    tree.forget(d, 1);
    let handle = tree.open(f, Open(2)).unwrap();
    let listing = tree.open_dir(d).unwrap();
    let saved = tree.save();
    let mut restored = Tree::load(tree.folder().clone(), &saved).unwrap();
    assert_eq!(restored.save(), saved);
    assert_eq!(read(&restored, handle), b"f");
    assert!(restored.list(listing, 0).unwrap().is_some());
    let next = restored.open(f, Open(0)).unwrap();
    assert!(next > listing && next > handle, "numbers go on");
    restored.forget(f, 1);
    for handle in [handle, listing, next] {
        restored.release(handle);
    }
    assert_eq!(restored.known(), 1);
    // Not there any more: said, not guessed.
    std::fs::remove_file(inside.join("d/f")).unwrap();
    std::fs::write(inside.join("d/f"), "other").unwrap();
    assert_eq!(Tree::load(tree.folder().clone(), &saved).unwrap_err(), Errno::STALE);
}

#[test]
fn kinds_have_their_numbers() {
    let numbers = [0o100644, 0o40755, 0o120777, 0o10600, 0o140600]
        .map(|mode| Kind(rustix::fs::FileType::from_raw_mode(mode)).entry_type());
    assert_eq!(numbers, [8, 4, 10, 1, 12]);
}
