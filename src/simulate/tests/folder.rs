//! Configurations as text, and folders on disk.

use super::*;
use std::fs;
use std::path::{Path, PathBuf};

fn write_quietly(config: &Config, folder: &Path) -> Result<Summary> {
    write(config, config.ends(), folder, &mut |_| ())
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(
                files(&path).into_iter().map(|(name, bytes)| (Path::new(path.file_name().unwrap()).join(name), bytes)),
            );
        } else {
            all.insert(path.file_name().unwrap().into(), fs::read(&path).unwrap());
        }
    }
    all
}

#[test]
fn unknown_keys_and_values_outside_limits_are_refused() {
    let refused = |text: &str| toml::from_str::<Config>(text).unwrap_err().to_string();
    assert!(refused("team = 3").contains("unknown field `team`"));
    let rollout = "[rollout]\nexperiment = \"a\"\ntool = \"b\"\nstart = 2026-01-05\n";
    assert!(refused(&format!("{rollout}[rollout.effect]\ncycle = 0.1")).contains("unknown field `cycle`"));
    assert!(refused("start = 2026-01-05T00:00:00").contains("write it as 2026-10-12"));
    assert_eq!(toml::from_str::<Config>(rollout).unwrap().rollout.unwrap().variant, "treatment");

    let until = Config::default().ends();
    let error = |config: Config| simulate(&config, until).unwrap_err().to_string();
    assert_eq!(error(Config { teams: 0, ..Config::default() }), "simulation: teams is 0; choose 1 to 5000");
    let unequal = Config { people_per_team_min: 9, people_per_team_max: 8, ..Config::default() };
    assert_eq!(error(unequal), "simulation: people_per_team_max is 8; choose 9 to 60");
    assert!(error(Config { tickets_per_person_week: f64::NAN, ..Config::default() }).contains("is NaN"));
    let nowhere = BTreeMap::from([("nowhere".to_owned(), "control".to_owned())]);
    assert!(
        error(Config { assignment: nowhere.clone(), ..small() }).contains("is nowhere; name existing teams such as")
    );
    assert!(error(Config { assignment: nowhere, ..Config::default() }).contains("give the rollout"));
}

#[test]
fn folder_holds_the_history_and_its_configuration_in_the_same_bytes_twice() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, first, second) = (assigned(small()), scratch.path().join("first"), scratch.path().join("second"));
    let mut calls = Vec::new();
    let summary = write(&config, config.ends(), &first, &mut |progress| calls.push(progress)).unwrap();
    assert_eq!(summary, write_quietly(&config, &second).unwrap());
    assert_eq!(files(&first), files(&second));
    assert_eq!(files(&first).len() as u64, summary.files + 1);
    assert_eq!((calls.len(), calls[5].teams_done), (6, 6));
    let history = simulate(&config, config.ends()).unwrap();
    for (name, batch) in &history {
        let file = fs::File::open(first.join(name).join("00000.parquet")).unwrap();
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(|batch| batch.unwrap()).collect();
        assert_eq!(&arrow::compute::concat_batches(&batch.schema(), &batches).unwrap(), batch, "{name}");
        assert_eq!(summary.rows[name], batch.num_rows() as u64, "{name}");
    }
    let text = fs::read_to_string(first.join("simulation.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let read: Config = manifest["config"].clone().try_into().unwrap();
    assert_eq!(read, config);
    assert!(is_simulation(&first));
}

#[test]
fn simulations_are_replaced_and_other_folders_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let config = Config { teams: 1, weeks: 1, ..Config::default() };
    let measured = scratch.path().join("measured");
    fs::create_dir(&measured).unwrap();
    write_quietly(&config, &measured).expect("an empty folder is free");
    write_quietly(&Config { weeks: 2, ..config.clone() }, &measured).expect("a simulation is replaced");
    fs::remove_file(measured.join("simulation.toml")).unwrap();
    let error = write_quietly(&config, &measured).unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
    assert!(matches!(write_quietly(&config, Path::new("/")).unwrap_err(), Error::Occupied { .. }));
    let left: Vec<_> = fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["measured"]);
}
