//! How cost grows: with harts on the same host, and with the size of the code.

use super::table::{Figures, Row, Section};

/// Says below the rows of the growth group what more harts and more code cost each contender.
pub fn remark(section: &mut Section) {
    let row = |name: &str| section.rows.iter().find(|row| row.name == name);
    let mut remarks = Vec::new();
    for (label, of) in
        [("lodge", (|row: &Row| row.lodge) as fn(&Row) -> Option<Figures>), ("qemu", |row| row.qemu)]
    {
        let figures = |name: &str| row(name).and_then(of);
        let harts = [2, 4].map(|harts| {
            let wall = figures("1-hart")?.wall / figures(&format!("{harts}-harts"))?.wall.max(1e-4);
            Some(format!("{harts} harts {wall:.2} x as fast as 1"))
        });
        let code = figures("code-8x").zip(figures("code-1x")).map(|(much, little)| {
            format!("8 x the code {:.2} x the CPU time", much.cpu / little.cpu.max(0.01))
        });
        let parts: Vec<String> = harts.into_iter().flatten().chain(code).collect();
        remarks.push(format!("{label:<6} {}", parts.join(", ")));
    }
    section.remarks.extend(remarks);
}
