//! Measures resolving an audience: rows of eight columns read, checked, filtered by a segment,
//! turned into recipient ids and de-duplicated. `benches/audience/run` runs it beside its peers.
//!
//! `--rows N` sets the number of rows (default 1,000,000), `--generate FILE` only writes the rows,
//! `--read FILE` only reads them; without either, both with a temporary file.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use postmerge::mail::recipient_id::RecipientKey;
use postmerge::plan::audience::{AudienceRequest, ListFile, resolve};
use postmerge::workspace::campaign::{Audience, Purpose};
use postmerge::workspace::list::List;
use postmerge::workspace::names::ListName;

const LIST: &str = r#"
title: Exportadores
owner: ana
purpose: measuring
consent: {basis: consent, column: consentimiento}
columns:
  nombre: {type: text, required: true}
  empresa: {type: text}
  sector: {type: text, values: [agro, textil, vinos, software, turismo]}
  agente: {type: text}
  consentimiento: {type: bool}
  saldo: {type: number}
  alta: {type: date}
"#;
const SEGMENT: &str = r#"sector in ["agro", "textil", "vinos", "software"] and saldo >= 100"#;

/// A generator of our own, so that every run and every peer reads the same rows.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }
}

fn generate(path: &Path, rows: usize) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut random = Lcg(20_261_203);
    writeln!(
        out,
        "email,nombre,empresa,sector,agente,consentimiento,saldo,alta"
    )?;
    for row in 0..rows {
        // One row in fifty repeats an earlier address, in capitals.
        let person = match random.below(50) {
            0 => random.below(row + 1),
            _ => row,
        };
        let local = if person == row { "socio" } else { "SOCIO" };
        let domain = person % 9_973;
        let name = random.one(&[
            "Ana", "José", "Lucía", "Bruno", "Carla", "Íñigo", "Marta", "Diego",
        ]);
        let company = random.one(&[
            "Cooperativa del Sur",
            "Textiles Andinos",
            "\"Vinos, Licores y Compañía\"",
            "Exportadora Pacífico",
            "",
        ]);
        let sector = random.one(&["agro", "textil", "vinos", "software", "turismo"]);
        let consent = random.one(&["sí", "yes", "1", "true", "si", "yes", "1", "no"]);
        let (agent, balance, cents) = (random.below(40), random.below(2_000), random.below(100));
        let (year, month, day) = (
            2015 + random.below(11),
            1 + random.below(12),
            1 + random.below(28),
        );
        writeln!(
            out,
            "{local}.{person}@empresa{domain}.example,{name} {person},{company},{sector},A{agent},{consent},{balance}.{cents:02},{year}-{month:02}-{day:02}"
        )?;
    }
    out.flush()
}

fn read(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let list: List = serde_yaml::from_str(LIST)?;
    let rows = std::fs::File::open(path)?;
    let name = ListName::new("exportadores");
    let key = RecipientKey::from_secret(&[7; 32])?;
    let lists = [ListFile {
        name: &name,
        list: &list,
        rows: &rows,
    }];
    let wish = Audience {
        filter: Some(SEGMENT.to_owned()),
        ..Audience::default()
    };
    let start = Instant::now();
    let audience = resolve(&AudienceRequest {
        audience: &wish,
        purpose: Purpose::Marketing,
        cc: &[],
        bcc: &[],
        copies_for_at_most: 25,
        lists: &lists,
        invited_to: &[],
        excluded_lists: &[],
        key: &key,
        suppressed: &|_| None,
        mailed_enough: &|_| false,
        received: &|_, _| false,
        own_document: None,
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let rows: u64 = audience.per_list.iter().map(|list| list.rows).sum();
    // The same line that the peers print, for `run` to compare.
    println!(
        "postmerge rows={rows} selected={} wrong={} seconds={seconds:.3} rows_per_s={:.0} peak_mb={}",
        audience.entries.len(),
        audience.problems.count,
        rows as f64 / seconds,
        peak_megabytes()
    );
    Ok(())
}

/// The process's largest resident set, where the system tells.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_024
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)
    };
    let rows = value("--rows").map_or(Ok(1_000_000), |text| text.parse())?;
    match (value("--generate"), value("--read")) {
        (Some(path), _) => Ok(generate(Path::new(path), rows)?),
        (None, Some(path)) => read(Path::new(path)),
        (None, None) => {
            let file = tempfile::NamedTempFile::new()?;
            generate(file.path(), rows)?;
            read(file.path())
        }
    }
}
