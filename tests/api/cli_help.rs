//! `--help` of the command and of every verb: text that can be pasted into a shell.

use std::process::Command;

/// What the binary prints for `--help` behind these words.
fn help(words: &[String]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nova-cascade"));
    let output = command.args(words).arg("--help").env_remove("CASCADE_CONFIG").output().expect("the binary runs");
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The verbs that a help lists, less clap's own.
fn verbs(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What a description goes on with stands further to the right.
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn help_has_no_markdown() {
    let (mut open, mut looked_at, mut marked) = (vec![Vec::new()], 0, Vec::new());
    while let Some(words) = open.pop() {
        let text = help(&words);
        looked_at += 1;
        // Code, bold, and links; a bracket alone is clap's for what may be left out, with text in it.
        let markdown = ["`", "**", "](", "][", "[[", "[]"];
        let lines = text.lines().filter(|line| markdown.iter().any(|mark| line.contains(mark)));
        marked.extend(lines.map(|line| format!("{}: {line}", words.join(" "))));
        open.extend(verbs(&text).into_iter().map(|verb| [words.as_slice(), &[verb]].concat()));
    }
    assert!(looked_at > 25, "{looked_at} helps were looked at");
    assert!(marked.is_empty(), "Markdown in help:\n{}", marked.join("\n"));
}
