import threading
from collections import Counter

from serving.server.record_log import NOT_WRITTEN, QUEUE_FULL, WRITTEN, Record, RecordLog
from serving.server.record_log import RecordLogOptions as Options
from serving.server.tfrecord import read_records


def written(folder):
    return [content for path in sorted(folder.glob("*.tfrecord")) for content in read_records(path)]


def test_what_does_not_fit_into_the_queue_is_dropped_at_once(tmp_path):
    outcomes, may_write = Counter(), threading.Event()

    def slow():
        assert may_write.wait(20)
        return b"record"

    def record():
        return Record(size=40, serialize=slow, count=lambda what: outcomes.update([what]))

    log = RecordLog(str(tmp_path / "log"), Options(max_queued_bytes=100))
    for _ in range(5):
        log.put(record())  # two of 40 bytes are no more than 100
    assert outcomes == {QUEUE_FULL: 3}
    log.start()
    may_write.set()
    log.close()
    assert outcomes == {QUEUE_FULL: 3, WRITTEN: 2}
    assert written(tmp_path) == [b"record"] * 2
    log.put(record())
    assert outcomes[QUEUE_FULL] == 4  # closed


def test_logs_of_one_prefix_do_not_get_in_each_other_s_way(tmp_path):
    logs = [RecordLog(str(tmp_path / "log"), Options()) for _ in range(2)]
    for number, log in enumerate(logs):
        log.start()
        content = str(number).encode()
        log.put(Record(size=1, serialize=lambda content=content: content, count=lambda _: None))
        log.close()
    assert sorted(written(tmp_path)) == [b"0", b"1"]


def test_a_folder_that_goes_away_is_no_error_of_the_writer(tmp_path):
    outcomes = Counter()
    log = RecordLog(str(tmp_path / "below" / "log"), Options())
    (tmp_path / "below").rmdir()
    log.start()
    log.put(Record(size=1, serialize=lambda: b"x", count=lambda what: outcomes.update([what])))
    log.close()
    assert outcomes == {NOT_WRITTEN: 1}
