//! The prompt: completion, history, and a few words of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use config::env::Environment;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

use super::answer::End;
use super::complete::complete;
use super::connection::Connection;
use super::nickname;

struct Words;

impl Helper for Words {}
impl Highlighter for Words {}
impl Validator for Words {}

impl Hinter for Words {
    type Hint = String;
}

impl Completer for Words {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(line.get(..at).unwrap_or(line)))
    }
}

/// Reads commands until the end of input or `exit`.
pub(super) fn run(connection: &mut Connection, mut json: bool) -> Result<ExitCode> {
    let mut editor: Editor<Words, FileHistory> = Editor::new()?;
    editor.set_helper(Some(Words));
    let file = history_file();
    if let Some(file) = &file {
        // The first time there is none.
        let _ = editor.load_history(file);
    }
    loop {
        let line = match editor.readline("exabgp> ") {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(e) => return Err(e.into()),
        };
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        editor.add_history_entry(line)?;
        match line {
            "exit" | "quit" | "q" => break,
            "clear" => editor.clear_screen()?,
            "history" => editor.history().iter().for_each(|entry| println!("{entry}")),
            "set display json" => json = true,
            "set display text" => json = false,
            _ => {
                let (line, json) = match line.split_once(' ') {
                    Some(("json", rest)) => (rest, true),
                    Some(("text", rest)) => (rest, false),
                    _ => (line, json),
                };
                match super::one(connection, &nickname::expand(line), json)? {
                    End::Done if !json => println!("done"),
                    End::Error if !json => println!("error"),
                    End::Shutdown => {
                        eprintln!("ExaBGP is shutting down");
                        break;
                    }
                    _ => {}
                }
            }
        }
    }
    if let Some(file) = &file
        && let Err(e) = editor.save_history(file)
    {
        eprintln!("the history is not kept: {}: {e}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// `$XDG_STATE_HOME/exabgp/history` where that variable is set, else `~/.exabgp_history`.
fn history_file() -> Option<PathBuf> {
    let environment = Environment::of_process();
    if let Some(folder) = environment.get("XDG_STATE_HOME") {
        let folder = PathBuf::from(folder).join("exabgp");
        std::fs::create_dir_all(&folder).ok()?;
        return Some(folder.join("history"));
    }
    Some(PathBuf::from(environment.get("HOME")?).join(".exabgp_history"))
}
