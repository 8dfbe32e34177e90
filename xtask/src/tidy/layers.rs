//! Layers: every crate states `[package.metadata.lodge] layer = N` and uses only strictly lower layers.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Finding, House};
use crate::shell;

/// A workspace crate.
pub struct Crate {
    /// Package name.
    pub name: String,
    /// Folder, from the workspace's top.
    pub folder: PathBuf,
    /// Stated layer.
    pub layer: Option<u64>,
    /// Names of everything it depends on, in and outside the workspace.
    depends: Vec<String>,
}

/// Asks cargo for every manifest.
pub fn read(top: &Path) -> Result<Vec<Crate>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let json = shell::output(Command::new(cargo).current_dir(top).args([
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--offline",
    ]))?;
    let json: serde_json::Value =
        serde_json::from_str(&json).map_err(|why| format!("cannot read cargo metadata's answer: {why}"))?;
    let packages = json["packages"].as_array().ok_or("cargo metadata names no packages")?;
    Ok(packages.iter().map(|package| one(top, package)).collect())
}

fn one(top: &Path, package: &serde_json::Value) -> Crate {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let folder = manifest.parent().unwrap_or(manifest);
    let depends = package["dependencies"].as_array().into_iter().flatten();
    Crate {
        name: package["name"].as_str().unwrap_or_default().to_string(),
        folder: folder.strip_prefix(top).unwrap_or(folder).to_path_buf(),
        layer: package["metadata"]["lodge"]["layer"].as_u64(),
        // A dev-dependency serves tests only, and may reach up or sideways.
        depends: depends
            .filter(|d| d["kind"].as_str() != Some("dev"))
            .filter_map(|d| d["name"].as_str().map(str::to_string))
            .collect(),
    }
}

/// Every crate states a layer and reaches only down.
pub fn check(house: &House, findings: &mut Vec<Finding>) {
    for krate in &house.crates {
        let place = krate.folder.join("Cargo.toml").display().to_string();
        let Some(layer) = krate.layer else {
            let what = "states no layer; add [package.metadata.lodge] layer = N".to_string();
            findings.push(Finding { place, what });
            continue;
        };
        for other in house.crates.iter().filter(|other| krate.depends.contains(&other.name)) {
            if other.layer.is_some_and(|below| below >= layer) {
                let what = format!(
                    "layer {layer} uses {} of layer {}; a crate may use only strictly lower layers",
                    other.name,
                    other.layer.unwrap_or_default()
                );
                findings.push(Finding { place: place.clone(), what });
            }
        }
    }
}
