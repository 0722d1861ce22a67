//! Results in files: `--output FORMAT=PATH`, beside those on standard output, and `--resume FILE`.

mod destination;
mod going_on;
mod links;
mod temporary;

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use self::destination::Destination;
pub(super) use self::going_on::GoingOn;
use super::console::complain;
use super::output::{Format, Output};
use super::render;
use crate::policy::Report;
use crate::report::markdown;
use clap::ValueEnum;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputFile {
    pub(super) format: Format,
    pub(super) path: PathBuf,
}

pub(super) fn output_file(text: &str) -> Result<OutputFile, String> {
    let (format, path) = text.split_once('=').ok_or("write a format and a file, as in junit=report.xml")?;
    let format = Format::from_str(format, true).map_err(|_| {
        let known = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let known: Vec<_> = known.map(|format| format.get_name().to_owned()).collect();
        format!("the formats are {}", known.join(", "))
    })?;
    match path {
        "" => Err("name the file behind the =".to_owned()),
        "-" => Err("for standard output use --format".to_owned()),
        _ => Ok(OutputFile { format, path: path.into() }),
    }
}

/// A file that can be written to, and has not been yet.
#[derive(Debug)]
pub(super) struct OpenFile {
    wanted: OutputFile,
    destination: Destination,
}

/// Opens all files, so that a run whose results cannot be kept does not begin. The message names the file.
pub(super) fn open(wanted: Vec<OutputFile>) -> Result<Vec<OpenFile>, String> {
    let open = |wanted: OutputFile| match destination::find(&wanted.path) {
        Ok(destination) => Ok(OpenFile { wanted, destination }),
        Err(error) => Err(cannot(&wanted.path, &error)),
    };
    wanted.into_iter().map(open).collect()
}

/// Writes all files, as many as can be written. Says whether all could; those that could not are complained about.
pub(super) fn write(opened: Vec<OpenFile>, run: &Report, wanted: Output) -> bool {
    let mut all = true;
    for file in opened {
        let OpenFile { wanted: OutputFile { format, path }, destination } = file;
        let text = render::document(format, run, wanted).map_err(|error| format!("{error:#}"));
        let kept = |text: String| {
            destination::keep(destination, &path, text.as_bytes()).map_err(|error| cannot(&path, &error))
        };
        if let Err(message) = text.and_then(kept) {
            complain(message);
            all = false;
        }
    }
    all
}

pub(super) fn any(opened: &[OpenFile], format: Format) -> bool {
    opened.iter().any(|file| file.wanted.format == format)
}

/// GitHub refuses a job summary of more than a mebibyte.
const MAX_SUMMARY: usize = 1024 * 1024;

const TOO_LONG: &str = "mailprobe: the tables are too long for a summary; see the log.\n";

/// Appends the tables to the summary of the job in which GitHub Actions runs the command. Elsewhere there is nothing to do.
pub(super) fn append_to_job_summary(run: &Report) -> bool {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return true };
    let page = markdown::render(run);
    let page = if page.len() > MAX_SUMMARY { TOO_LONG } else { &page };
    let path = Path::new(&path);
    let appended = OpenOptions::new().append(true).create(true).open(path);
    let written = appended.and_then(|mut file| file.write_all(page.as_bytes()));
    written.map_err(|error| complain(cannot(path, &error))).is_ok()
}

/// What to tell where results cannot be written.
pub(super) fn cannot(path: &Path, error: &io::Error) -> String {
    format!("the results cannot be written to {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_and_a_file_are_read() {
        let file = output_file("junit=a=b.xml").expect("an output");
        assert_eq!((file.format, file.path), (Format::Junit, PathBuf::from("a=b.xml")));
        for (wrong, word) in [("report.xml", "junit="), ("xml=a", "junit"), ("json=", "name"), ("json=-", "--format")] {
            assert!(output_file(wrong).expect_err(wrong).contains(word), "{wrong}");
        }
    }
}
