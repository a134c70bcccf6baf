//! Two Singer taps from PyPI that people use, collected twice with changes between.

use super::project;
use crate::cli::product::Product;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const SQL: &str = "SELECT id AS ticket_id, opened AS opened_at, status, changed AS updated_at FROM issues";
const HEADER: &str = "id,opened,status,changed\n";

/// The program of a tap, installed into a folder under ~/.cache; `None`, and a word about it, where that cannot be done.
fn installed(package: &str, version: &str) -> Option<PathBuf> {
    let home = PathBuf::from(std::env::var_os("HOME")?);
    let folder = home.join(format!(".cache/paceline/{package}-{version}"));
    let runs = |command: &mut Command| command.stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    if !folder.join("complete").exists() {
        let venv = runs(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        let pip = folder.join("bin/pip");
        let wanted = format!("{package}=={version}");
        if !venv || !runs(Command::new(pip).args(["install", "--quiet", &wanted])) {
            eprintln!("skipped: {wanted} cannot be installed from PyPI");
            return None;
        }
        std::fs::write(folder.join("complete"), "").unwrap();
    }
    Some(folder.join("bin").join(package))
}

fn tickets(product: &Product) -> Vec<Vec<String>> {
    product.rows("SELECT ticket_id, status, opened_at FROM tickets ORDER BY 1")
}

#[test]
fn tap_csv_folder() {
    let Some(tap) = installed("tap-csv-folder", "0.0.1a1") else { return };
    let product = project("", &[("t.sql", SQL)]);
    product.write("issues/a.csv", &format!("{HEADER}1,2026-02-01 10:00:00,open,2026-02-01 10:00:00\n"));
    let pipeline = format!(
        "type = \"singer\"\ntap = [{:?}]\nmap = {{ tickets = \"t.sql\" }}\n\
         config = {{ filesystem = \"local\", path = {:?}, read_mode = \"merge\", stream_name = \"issues\" }}\n",
        tap,
        product.home().join("issues")
    );
    product.write("pipelines/tail.toml", &pipeline);
    product.run(["collect"]).succeeded();
    assert_eq!(tickets(&product), [["1", "open", "2026-02-01T10:00:00Z"]]);
    let more = "1,2026-02-01 10:00:00,done,2026-02-02 10:00:00\n2,2026-02-02 10:00:00,open,2026-02-02 10:00:00\n";
    product.write("issues/b.csv", &format!("{HEADER}{more}"));
    product.run(["collect"]).succeeded();
    assert_eq!(tickets(&product), [["1", "done", "2026-02-01T10:00:00Z"], ["2", "open", "2026-02-02T10:00:00Z"]]);
}

#[test]
fn tap_rest_api_msdk() {
    let Some(tap) = installed("tap-rest-api-msdk", "1.4.2") else { return };
    let issue = |id: u32, status: &str, day: u32| {
        serde_json::json!({"id": id, "opened": "2026-02-01T10:00:00Z", "status": status,
            "changed": format!("2026-02-{day:02}T10:00:00Z")})
    };
    let world = Arc::new(Mutex::new((vec![issue(1, "open", 1), issue(2, "open", 2)], Vec::new())));
    let address = serve(world.clone());
    let pipeline = format!(
        "type = \"singer\"\ntap = [{tap:?}]\nselect = [\"issues\"]\nmap = {{ tickets = \"t.sql\" }}\n\
         [config]\napi_url = \"http://{address}\"\nstart_date = \"2026-01-01T00:00:00Z\"\n\
         [[config.streams]]\nname = \"issues\"\npath = \"/issues\"\nrecords_path = \"$.items[*]\"\nprimary_keys = [\"id\"]\n\
         replication_key = \"changed\"\nsource_search_field = \"since\"\nsource_search_query = \"$last_run_date\"\n"
    );
    let product = project(&pipeline, &[("t.sql", SQL)]);
    product.run(["collect"]).succeeded();
    let opened = "2026-02-01T10:00:00Z";
    assert_eq!(tickets(&product), [["1", "open", opened], ["2", "open", opened]]);
    *world.lock().unwrap() = (vec![issue(2, "done", 3), issue(3, "open", 3)], Vec::new());
    product.run(["collect"]).succeeded();
    assert_eq!(tickets(&product), [["1", "open", opened], ["2", "done", opened], ["3", "open", opened]]);
    let asked = world.lock().unwrap().1.clone();
    assert!(asked.iter().any(|path| path.contains("since=2026-02-02")), "the state was not given back: {asked:?}");
}

/// What a server has, and what it was asked for.
type World = (Vec<serde_json::Value>, Vec<String>);

/// A server that answers everything with all that it has.
fn serve(world: Arc<Mutex<World>>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &world);
        }
    });
    address
}

fn answer(mut stream: TcpStream, world: &Mutex<World>) {
    let (mut request, mut part) = (Vec::new(), [0; 4096]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&part[..count]),
        }
    }
    let line = String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned();
    let mut world = world.lock().unwrap();
    world.1.push(line.split(' ').nth(1).unwrap_or_default().to_owned());
    let body = serde_json::json!({ "items": world.0 }).to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    drop(write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()));
}
