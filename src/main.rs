//! The `postmerge` binary: everything is in [`postmerge::cli`].

fn main() -> std::process::ExitCode {
    postmerge::cli::main()
}
