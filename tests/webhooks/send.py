"""Sends what the packages of requirements.txt build to a server, and prints each answer as a line: status, space, body.

    python send.py standard URL SECRET TIME [KIND BODY]     signed by the standardwebhooks package at TIME (RFC 3339)
    python send.py cloudevents URL TOKEN        CDEvents by the cloudevents package, in its modes and as a batch
    python send.py arrow URL TOKEN              Arrow streams by pyarrow
"""

import datetime
import json
import sys
import urllib.error
import urllib.request


def main():
    command, url, secret, *rest = sys.argv[1:]
    for headers, body in {"standard": standard, "cloudevents": cloudevents, "arrow": arrow}[command](secret, *rest):
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                print(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            print(error.code, error.read().decode())


def standard(secret, time, kind="application/json", *bodies):
    from standardwebhooks.webhooks import Webhook

    time = datetime.datetime.fromisoformat(time)
    texts = bodies or ['{"type": "user.created"}', "{}", '{"type": "späße ✓"}']
    for number, text in enumerate(texts):
        name = f"msg_{number}"
        headers = {
            "content-type": kind,
            "webhook-id": name,
            "webhook-timestamp": str(int(time.timestamp())),
            "webhook-signature": Webhook(secret).sign(name, time, text),
        }
        yield headers, text.encode()
        if number == 0:
            # The same again, and the same with another body.
            yield headers, text.encode()
            yield headers, b"{}"


def cdevent(kind, number, minute, subject, content):
    return {
        "context": {
            "specversion": "0.5.1",
            "id": f"event {number}",
            "source": "/ci/west",
            "type": f"dev.cdevents.{kind}.0.3.0",
            "timestamp": f"2026-02-01T10:{minute:02}:00Z",
        },
        "subject": {"id": subject, "source": "/ci/west", "content": content},
    }


def cloudevents(token):
    from cloudevents.core.bindings import http
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    def event(cdevent):
        context = cdevent["context"]
        attributes = {
            "id": context["id"],
            "source": context["source"],
            "type": context["type"],
            "subject": cdevent["subject"]["id"],
            "specversion": "1.0",
            "datacontenttype": "application/json",
            "time": datetime.datetime.fromisoformat(context["timestamp"]),
        }
        return CloudEvent(attributes, cdevent)

    def sent(message):
        headers = {**message.headers, "authorization": f"Bearer {token}"}
        return headers, message.body

    started = cdevent("pipelinerun.started", 1, 0, "run-1", {"pipelineName": "main"})
    finished = cdevent("pipelinerun.finished", 2, 7, "run-1", {"outcome": "success"})
    yield sent(http.to_binary(event(started), JSONFormat()))
    yield sent(http.to_structured(event(finished), JSONFormat()))
    yield sent(http.to_structured(event(finished), JSONFormat()))
    batch = [
        cdevent("service.deployed", 3, 10, "shop", {"environment": {"id": "production"}, "artifactId": "pkg:oci/shop"}),
        cdevent("pipelinerun.finished", 2, 7, "run-1", {"outcome": "success"}),
        cdevent("artifact.published", 4, 11, "pkg:oci/shop", {}),
    ]
    bodies = [http.to_structured(event(it), JSONFormat()).body for it in batch]
    headers = {"content-type": "application/cloudevents-batch+json", "authorization": f"Bearer {token}"}
    yield headers, b"[" + b",".join(bodies) + b"]"


def arrow(token):
    import pyarrow

    def sent(table, options=None, key=None):
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=2)
        headers = {"content-type": "application/vnd.apache.arrow.stream", "authorization": f"Bearer {token}"}
        return headers | ({"idempotency-key": key} if key else {}), sink.getvalue().to_pybytes()

    def builds(count, text=pyarrow.string(), time=pyarrow.timestamp("ns", "Europe/Berlin"), attempt=pyarrow.int16()):
        at = datetime.datetime(2026, 2, 1, 9, 30, tzinfo=datetime.timezone.utc)
        if getattr(time, "tz", None) is None:
            at = at.replace(tzinfo=None)
        return pyarrow.table(
            {
                "build_id": pyarrow.array([str(it) for it in range(count)], text),
                "repository": pyarrow.array(["acme/shop"] * count, text),
                "attempt": pyarrow.array(list(range(count)), attempt),
                "status": pyarrow.array(["success"] * count, text),
                "started_at": pyarrow.array([at] * count, time),
                "workflow": pyarrow.nulls(count),
            }
        )

    yield sent(builds(5), key="first")
    yield sent(builds(5), key="first")
    yield sent(builds(7, text=pyarrow.string_view()))
    yield sent(builds(2, text=pyarrow.large_string(), time=pyarrow.timestamp("us", "UTC")))
    # What does not fit.
    yield sent(builds(2, time=pyarrow.timestamp("us")))
    yield sent(builds(2, attempt=pyarrow.float64()))
    yield sent(builds(2).rename_columns(["build_id", "repositry", "attempt", "status", "started_at", "workflow"]))
    yield sent(builds(2).drop_columns(["status"]))
    yield sent(builds(2).set_column(3, "status", pyarrow.array(["success", None])))
    yield sent(builds(0))
    yield sent(builds(2, text=pyarrow.dictionary(pyarrow.int32(), pyarrow.string())))
    yield sent(builds(9), options=pyarrow.ipc.IpcWriteOptions(compression="zstd"))
    yield sent(builds(9), options=pyarrow.ipc.IpcWriteOptions(compression="lz4"))
    headers, body = sent(builds(3))
    yield headers, body[:-100]
    yield headers, json.dumps({"not": "arrow"}).encode()


main()
