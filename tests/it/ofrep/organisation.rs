//! A simulated organisation with experiments that run and one that was stopped, served.

use crate::cli::product::Product;
use crate::receive::served::Served;
use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Of `assistant` with values of its own, `wording` with those it has unless said, and `over`, which was stopped.
pub const FLAGS: [&str; 3] = ["review-assistant", "wording", "over"];
/// The first day of all of them, in microseconds.
const START: i64 = 1_756_684_800_000_000;

const DEFINITION: &str = r#"title = "Review assistant"
hypothesis = "It shortens the wait."

[assignment]
unit = "team"
variants = { control = 50, assistant = 50 }
seed = "SEED"

[schedule]
start = 2025-09-01
end = 2026-04-05

[analysis]
goals = { pr_cycle_time = "10%" }
"#;

const VALUES: &str = "\n[flag]\nkey = \"review-assistant\"\nvalues = { control = false, assistant = true }\n";

/// Somebody or some team of the organisation.
pub struct Organisation {
    pub product: Product,
    /// By flag: team → variant, as the start printed it.
    pub assigned: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// Login → team on the first day, of those who were in one alone.
    pub teams: BTreeMap<String, String>,
    /// Login → team by now, of those who moved since.
    pub moved: BTreeMap<String, String>,
}

impl Organisation {
    pub fn new() -> Organisation {
        let product = Product::new();
        product
            .run(["simulate", "--out", "acme", "--teams", "12", "--weeks", "44", "--until", "2026-02-02"])
            .succeeded();
        product.collect("acme");
        let definition = |seed: &str| DEFINITION.replace("SEED", seed);
        product.write("experiments/assistant.toml", &(definition("first") + VALUES));
        product.write("experiments/wording.toml", &definition("second"));
        product.write("experiments/over.toml", &definition("third"));
        let mut assigned = BTreeMap::new();
        for (experiment, flag) in ["assistant", "wording", "over"].into_iter().zip(FLAGS) {
            let drawn = product.table(&["experiment", "start", experiment]);
            let drawn: BTreeMap<String, String> =
                drawn.into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
            let treated = drawn.values().filter(|variant| *variant == "assistant").count();
            assert_eq!((drawn.len(), treated), (12, 6), "{experiment}");
            assigned.insert(flag, drawn);
        }
        product.run(["experiment", "stop", "over", "--reason", "the licence ended"]).succeeded();
        let (teams, moved) = members(&product);
        Organisation { product, assigned, teams, moved }
    }

    pub fn serve(&self) -> Served {
        self.served(&[], &[])
    }

    /// Serves it to those who show the token.
    pub fn serve_with_token(&self, token: &str) -> Served {
        self.served(&["--flag-token", token], &[("X-API-Key", token)])
    }

    /// Serves it, and waits until flags were read.
    fn served(&self, more: &[&str], headers: &[(&str, &str)]) -> Served {
        let server = Served::by(self.product.command(["serve", "--http", "127.0.0.1:0"].iter().chain(more)));
        let started = Instant::now();
        while post(&server.address, "/ofrep/v1/evaluate/flags", headers, b"{}").status == 503 {
            assert!(started.elapsed() < Duration::from_secs(60), "no flags within a minute");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// The variant of a team.
    pub fn variant(&self, flag: &str, team: &str) -> &str {
        &self.assigned[flag][team]
    }
}

/// Who was in which team, read from what was simulated and not from what was collected.
fn members(product: &Product) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let file = std::fs::File::open(product.home().join("acme/team_members/00000.parquet")).unwrap();
    let mut first: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last = first.clone();
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().map(Result::unwrap) {
        let column = |name: &str| batch.column_by_name(name).unwrap();
        let (teams, people) = (column("team").as_string::<i32>(), column("person_id").as_string::<i32>());
        let from = column("valid_from").as_primitive::<TimestampMicrosecondType>();
        let to = column("valid_to").as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            let (person, team) = (people.value(row).to_owned(), teams.value(row).to_owned());
            if to.is_null(row) {
                last.entry(person.clone()).or_default().push(team.clone());
            }
            if from.value(row) <= START && (to.is_null(row) || to.value(row) > START) {
                first.entry(person).or_default().push(team);
            }
        }
    }
    let alone = first.into_iter().filter(|(_, teams)| teams.len() == 1);
    let teams: BTreeMap<String, String> = alone.map(|(person, mut teams)| (person, teams.remove(0))).collect();
    let moved = teams.iter().filter_map(|(person, team)| match last.get(person)?.as_slice() {
        [now] if now != team => Some((person.clone(), now.clone())),
        _ => None,
    });
    (teams.clone(), moved.collect())
}

/// What a server answers.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Names are in lower case.
    headers: BTreeMap<String, String>,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Its code and the flag that it names.
    pub fn error(&self) -> (u16, Value, Value) {
        let body = self.json();
        assert!(body["errorDetails"].as_str().is_some_and(|words| !words.is_empty()), "{self:?}");
        (self.status, body["errorCode"].clone(), body["key"].clone())
    }
}

/// Asks once, with these headers beside the type of the body.
pub fn post(address: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    ask(address, &format!("POST {path}"), headers, body)
}

/// Asks once; `what` is the method and the path.
pub fn ask(address: &str, what: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let about = format!("content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    stream.write_all(format!("{what} HTTP/1.1\r\nhost: test\r\n{about}{lines}\r\n").as_bytes()).unwrap();
    // One who is refused early may have closed already.
    stream.write_all(body).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    Reply {
        status: head[9..12].parse().unwrap(),
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: body.to_owned(),
    }
}

/// A body that asks for somebody.
pub fn context(targeting_key: &str) -> Vec<u8> {
    json!({ "context": { "targetingKey": targeting_key } }).to_string().into_bytes()
}
