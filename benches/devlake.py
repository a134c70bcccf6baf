#!/usr/bin/env python3
"""Delivery metrics beside DevLake's own panels on MariaDB, at the size of DevLake's issue 8130: the ratio of wall times.

    PACELINE_DEVLAKE=CLONE python3 benches/devlake.py [DEPLOYMENTS INCIDENTS]

The text of the panels is read from a clone of apache/incubator-devlake when it runs (`grafana/dashboards/DORA.json`, panels
"Change Failure Rate" and "Deployment Frequency", by month); the tables have the columns and indexes of its models that the
panels read. The same 177,462 deployments and 3,193 incidents are collected by PACELINE_BIN, which should be built with
--release. MariaDB is Debian's mariadb-server, started on a socket of its own with 1 GiB of buffer pool. Runs alternate;
medians of three are compared. A panel that takes longer than LIMIT_SECONDS is stopped, and the ratio is then a lower bound.
"""

import datetime
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from landing import measure

RUNS = 3
LIMIT_SECONDS = 300
DASHBOARD = "grafana/dashboards/DORA.json"
BEGIN = datetime.datetime(2024, 1, 1)
DAYS = 700
SERVICES = 40

NO_CLONE = "PACELINE_DEVLAKE must name a clone of apache/incubator-devlake"
SCHEMA = """
CREATE TABLE cicd_deployment_commits (
    id varchar(255) PRIMARY KEY, cicd_deployment_id varchar(255), cicd_scope_id varchar(255), result varchar(100),
    environment varchar(255), finished_date datetime(3), KEY (cicd_scope_id), KEY (finished_date));
CREATE TABLE project_mapping (
    project_name varchar(255), `table` varchar(255), row_id varchar(255), PRIMARY KEY (project_name, `table`, row_id));
CREATE TABLE incidents (id varchar(255) PRIMARY KEY, created_date datetime(3), resolution_date datetime(3), KEY (created_date));
CREATE TABLE project_incident_deployment_relationships (
    id varchar(255) PRIMARY KEY, project_name varchar(100), deployment_id varchar(255));
CREATE TABLE calendar_months (month varchar(20), month_timestamp datetime(3));
"""


def main():
    binary = os.path.abspath(os.environ.get("PACELINE_BIN", "paceline"))
    sizes = [int(argument) for argument in sys.argv[1:3]] or [177_462, 3_193]
    panels = read_panels(os.environ.get("PACELINE_DEVLAKE") or sys.exit(NO_CLONE))
    if not shutil.which("mariadbd"):
        sys.exit("mariadbd is missing: apt-get install mariadb-server")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        generate(folder, *sizes)
        server, socket = start(os.path.join(folder, "mariadb"))
        try:
            query(socket, f"CREATE DATABASE lake; USE lake; {SCHEMA}")
            for table in ["cicd_deployment_commits", "project_mapping", "incidents", "project_incident_deployment_relationships", "calendar_months"]:
                query(socket, f"USE lake; LOAD DATA LOCAL INFILE '{folder}/{table}.csv' INTO TABLE {table} FIELDS TERMINATED BY ','; ANALYZE TABLE {table}")
            ours = ["--project", folder, "--data", os.path.join(folder, "data")]
            subprocess.run([binary, *ours, "collect"], check=True, stdout=subprocess.DEVNULL)
            for name, (title, metric) in {
                "change fail rate": ("Change Failure Rate", "change_fail_rate"),
                "change fail rate by month": ("Change Failure Rate by month", "change_fail_rate"),
                "deployment frequency": ("Deployment Frequency", "deployment_frequency"),
            }.items():
                compare(name, socket, panels[title], [binary, *ours, "--format", "csv", "metric", "show", metric, "--weeks", "104"])
        finally:
            server.terminate()
            server.wait()


def compare(name, socket, panel, command):
    """Prints both times, their ratio, and what each answers at last."""
    theirs, ours, stopped = [], [], False
    for _ in range(RUNS):
        began = time.monotonic()
        answer = query(socket, f"USE lake; SET STATEMENT max_statement_time = {LIMIT_SECONDS} FOR {panel}", may_fail=True)
        theirs.append(time.monotonic() - began)
        stopped |= answer is None
        ours.append(measure(command)[0])
        if stopped:
            break
    said = subprocess.check_output(command, text=True).strip().splitlines()[-1]
    last = "stopped" if answer is None else answer.strip().splitlines()[-1].replace("\t", " ")
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(
        f"{name}: DevLake on MariaDB {'over ' if stopped else ''}{statistics.median(theirs):.2f} s ({last}), "
        f"paceline {statistics.median(ours):.2f} s ({said}): {'over ' if stopped else ''}{ratio:.1f} times as fast",
        flush=True,
    )


def read_panels(clone):
    """The statements of the panels, for one project and the whole time."""
    text = subprocess.check_output(["git", "-C", clone, "show", f"HEAD:{DASHBOARD}"], text=True)
    found = {}
    for panel in json.loads(text)["panels"]:
        for target in panel.get("targets", []):
            sql = target.get("rawSql")
            if sql:
                title = panel.get("title", "")
                found[f"{title} by month" if title in found else title] = filled(sql)
    return found


def filled(sql):
    """A panel's statement with Grafana's variables filled in."""
    begin, end = BEGIN.isoformat(sep=" "), (BEGIN + datetime.timedelta(days=DAYS)).isoformat(sep=" ")
    sql = sql.replace("${project}", "'acme'").replace("$dora_report", "2023")
    sql = re.sub(r"\$__timeFilter\(((?:[^()]|\([^()]*\))*)\)", rf"\1 BETWEEN '{begin}' AND '{end}'", sql)
    sql = sql.replace("$__timeFrom()", f"'{begin}'").replace("$__timeTo()", f"'{end}'")
    # The statement follows SET STATEMENT … FOR, which a comment at its beginning would hide from.
    return re.sub(r"^\s*--[^\n]*\n", "", sql, flags=re.MULTILINE)


def generate(folder, deployments, incidents):
    """The same events as lines for our pipelines and as lines for the tables of DevLake."""
    chance = random.Random(8130)
    os.makedirs(os.path.join(folder, "pipelines"))
    for table in ["deployments", "incidents"]:
        with open(os.path.join(folder, "pipelines", f"{table}.toml"), "w") as pipeline:
            pipeline.write(f'type = "files"\npath = "{table}.ndjson"\ntable = "{table}"\n')
    step = datetime.timedelta(days=DAYS - 30) / deployments
    finished = [BEGIN + step * number for number in range(deployments)]
    with open(f"{folder}/deployments.ndjson", "w") as ours, open(f"{folder}/cicd_deployment_commits.csv", "w") as theirs:
        for number, at in enumerate(finished):
            service = f"service-{number % SERVICES}"
            row = {"service": service, "deployment_id": f"d{number}", "environment": "production", "status": "success"}
            times = {"started_at": moment(at - datetime.timedelta(minutes=5)), "finished_at": moment(at), "is_rollback": False}
            ours.write(json.dumps(row | times) + "\n")
            theirs.write(f"c{number},d{number},{service},SUCCESS,PRODUCTION,{at.isoformat(sep=' ')}\n")
    with open(f"{folder}/incidents.ndjson", "w") as ours, open(f"{folder}/incidents.csv", "w") as theirs, open(
        f"{folder}/project_incident_deployment_relationships.csv", "w"
    ) as links:
        for number in range(incidents):
            cause = chance.randrange(deployments)
            opened = finished[cause] + datetime.timedelta(seconds=chance.randrange(1, 3_600))
            resolved = opened + datetime.timedelta(minutes=chance.randrange(5, 5_000))
            row = {"incident_id": f"i{number}", "service": f"service-{cause % SERVICES}", "deployment_id": f"d{cause}"}
            ours.write(json.dumps(row | {"opened_at": moment(opened), "resolved_at": moment(resolved)}) + "\n")
            theirs.write(f"i{number},{opened.isoformat(sep=' ')},{resolved.isoformat(sep=' ')}\n")
            links.write(f"i{number},acme,d{cause}\n")
    with open(f"{folder}/project_mapping.csv", "w") as mapping:
        mapping.writelines(f"acme,cicd_scopes,service-{number}\n" for number in range(SERVICES))
    with open(f"{folder}/calendar_months.csv", "w") as months:
        for month in range(DAYS // 28 + 1):
            first = datetime.datetime(BEGIN.year + month // 12, month % 12 + 1, 1)
            months.write(f"{first:%y/%m},{first.isoformat(sep=' ')}\n")


def moment(at):
    return at.isoformat() + "Z"


def start(folder):
    """A server of its own on a socket, and the socket."""
    user = "mysql" if os.getuid() == 0 else None
    os.makedirs(folder)
    if user:
        shutil.chown(folder, user)
    options = [f"--user={user}"] if user else []
    subprocess.run(["mariadb-install-db", f"--datadir={folder}", "--auth-root-authentication-method=normal", *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    socket = os.path.join(folder, "socket")
    options += [f"--datadir={folder}", f"--socket={socket}", "--skip-networking", "--innodb-buffer-pool-size=1G", "--local-infile=1"]
    server = subprocess.Popen(["mariadbd", "--no-defaults", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        if os.path.exists(socket):
            return server, socket
        time.sleep(0.1)
    server.terminate()
    sys.exit("mariadbd did not start within 30 s")


def query(socket, sql, may_fail=False):
    """The rows that statements answer with, as text; None where they failed and may."""
    command = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "--local-infile=1", "--batch", "--skip-column-names"]
    done = subprocess.run(command, input=sql, text=True, capture_output=True)
    if done.returncode != 0 and not may_fail:
        sys.exit(done.stderr)
    return done.stdout if done.returncode == 0 else None


if __name__ == "__main__":
    main()
