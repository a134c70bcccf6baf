//! The command line as its users meet it: an answer on stdout, or one clear line on stderr and the exit code of its kind.

mod check;
mod content;
mod explain;
mod formats;
mod metric_show;
pub mod product;
mod refusals;
mod report;
pub mod space;

use product::Product;

use crate::collect::generated;

#[test]
fn every_command_explains_itself() {
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(words) = waiting.pop() {
        let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let answer = Product::new().run(&args).succeeded();
        let help = String::from_utf8(answer.stdout).unwrap();
        assert!(help.contains("Usage: paceline") && answer.stderr.is_empty(), "{args:?}: {help}");
        waiting.extend(subcommands(&help).map(|word| [words.clone(), vec![word.to_owned()]].concat()));
        seen += 1;
    }
    assert!(seen > 12, "only {seen} helps");
}

#[test]
fn what_is_no_command_is_wrong_usage() {
    for args in [&["colect"][..], &["collect", "--depth", "1"], &["sql", "--format", "xml", "SELECT 1"], &[]] {
        let product = Product::new();
        let answer = product.run(args);
        assert_eq!(answer.code, Some(2), "{args:?}: {}", answer.stderr);
        assert!(answer.stdout.is_empty() && answer.stderr.contains("--help"), "{args:?}: {}", answer.stderr);
        assert!(!product.data().exists());
    }
    let answer = Product::new().run(["colect"]);
    assert!(answer.stderr.contains("unrecognized subcommand 'colect'") && answer.stderr.contains("'collect'"));
}

#[test]
fn the_built_in_content_is_in_order_and_init_repeats_itself() {
    let product = Product::new();
    let ok = product.run(["check"]).succeeded().stderr;
    let said = product.run(["init"]).succeeded().stderr;
    assert!(said.contains(" files written, 0 kept"), "{said}");
    assert_eq!(product.run(["check"]).succeeded().stderr, ok);
    assert!(ok.starts_with("ok: 1 pipeline, "), "{ok}");
    let (before, times) = (product.all_files(), modified(&product));
    assert!(before.len() > 10);
    let said = product.run(["init"]).succeeded().stderr;
    assert!(said.starts_with("0 files written, 0 kept"), "{said}");
    assert!((product.all_files(), modified(&product)) == (before, times), "a file changed");
}

#[test]
fn the_demo_needs_no_repository() {
    let product = Product::new();
    let answer = product.run(["demo", "--no-serve"]).succeeded();
    assert!(answer.stderr.contains("no repository shown"), "{}", answer.stderr);
    assert_eq!(product.rows("SELECT count(*) > 1000 FROM pull_requests"), [["true"]]);
}

#[test]
fn init_keeps_what_was_changed() {
    let product = Product::new();
    product.run(["init"]).succeeded();
    product.write("pipelines/git.toml", "type = \"git\"\npath = \"elsewhere\"\n");
    let said = product.run(["init"]).succeeded().stderr;
    assert!(said.starts_with("kept pipelines/git.toml: ") && said.contains("\n0 files written, 1 kept"), "{said}");
    assert!(std::fs::read_to_string(product.home().join("pipelines/git.toml")).unwrap().contains("elsewhere"));
    let said = product.run(["init", "--force"]).succeeded().stderr;
    assert!(said.starts_with("1 files written, 0 kept"), "{said}");
    assert!(std::fs::read_to_string(product.home().join("pipelines/git.toml")).unwrap().contains("path = \".\""));
}

#[test]
fn the_pipelines_of_the_project_are_collected() {
    let product = Product::new();
    generated(&product.home().join_new("app"), 20, 24);
    product.write("pipelines/main.toml", "type = \"git\"\npath = \"app\"\nrepository = \"renamed\"\n");
    assert!(product.run(["collect"]).succeeded().stderr.starts_with("main: 21 commits, "));
    assert_eq!(product.rows("SELECT DISTINCT source, repository FROM commits"), [["main", "renamed"]]);
}

/// The words under `Commands:`.
fn subcommands(help: &str) -> impl Iterator<Item = &str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
    list.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help")
}

fn modified(product: &Product) -> Vec<std::time::SystemTime> {
    product.all_files().iter().map(|(path, _)| path.metadata().unwrap().modified().unwrap()).collect()
}

trait JoinNew {
    fn join_new(&self, name: &str) -> std::path::PathBuf;
}

impl JoinNew for std::path::Path {
    /// A new folder in this one.
    fn join_new(&self, name: &str) -> std::path::PathBuf {
        let folder = self.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }
}
