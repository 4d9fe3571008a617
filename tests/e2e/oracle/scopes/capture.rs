//! Asking a region for the whole table, and its text.

use super::table::{ASKERS, Cell, Operation, Table, operations};
use super::{Matrix, Side, each};
use crate::support::lab;

const HEAD: &str = "\
# What Nova 34 answers to tokens of each scope and role. Columns: unscoped; then admin, manager, member, reader and service
# for the domain; the same for the system; the same for the project whose things are asked for.
# .  not refused for who asks            0  404
# a  403 by the first rule behind the columns, b by the second
# F  403 \"Forbidden\" without a rule      G  403 of another service               !  500 by a mistake of Nova's
# -  not asked, for it would be done: Nova's rule lets it pass
";

/// Asks for everything and writes the file.
pub fn capture(matrix: &Matrix, side: &Side) -> Table {
    let line = |operation: &Operation| {
        let cells: Vec<Cell> = (0..ASKERS.len()).map(|column| matrix.cell(side, operation, column)).collect();
        (operation.name(), cells)
    };
    let text = render(&each(&operations(), line));
    std::fs::write(lab::repo().join("tests/api/scopes.txt"), &text).expect("the file");
    Table::parse(&text)
}

/// The text of the file.
fn render(lines: &[(String, Vec<Cell>)]) -> String {
    let mut text = HEAD.to_owned();
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, cells) in lines {
        let mut rules: Vec<&str> = Vec::new();
        let mut letters = String::new();
        for (column, cell) in cells.iter().enumerate() {
            if column % 5 == 1 {
                letters.push(' ');
            }
            letters.push(match cell {
                Cell::Passes => '.',
                Cell::Missing => '0',
                Cell::Forbidden => 'F',
                Cell::Elsewhere => 'G',
                Cell::Fails => '!',
                Cell::NotAsked => '-',
                Cell::Rule(rule) => {
                    let at = rules.iter().position(|known| known == rule).unwrap_or(rules.len());
                    if at == rules.len() {
                        rules.push(rule);
                    }
                    char::from(b'a' + u8::try_from(at).expect("few rules"))
                }
            });
        }
        let line = format!("{name:width$} | {letters} {}", rules.join(" "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
