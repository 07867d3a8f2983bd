from movielens.reading import quarantine
from movielens.reading.quarantine import BadRow, Reason, Rejects, to_csv


def test_all_rows_are_counted_but_only_the_first_are_kept() -> None:
    rejects = Rejects()
    for line in range(quarantine.MAX_SHOWN_PER_BLOCK + 5):
        rejects.add(BadRow("ratings.csv", line, Reason.USER_NUMBER, "text"))
    assert rejects.counts == {Reason.USER_NUMBER: quarantine.MAX_SHOWN_PER_BLOCK + 5}
    assert len(rejects.shown) == quarantine.MAX_SHOWN_PER_BLOCK


def test_long_text_is_cut() -> None:
    rejects = Rejects()
    rejects.add(BadRow("ratings.csv", 1, Reason.FIELD_COUNT, "x" * 1000))
    assert rejects.shown[0].text == "x" * quarantine.MAX_TEXT


def test_file_lists_rows_by_file_and_line_and_quotes_what_needs_it() -> None:
    rows = [
        BadRow("ratings.csv", 10, Reason.SCALE, "1,2,9,4"),
        BadRow("ratings.csv", 9, Reason.FIELD_COUNT, 'a "quoted" one'),
        BadRow("movies.csv", 20, Reason.QUOTES, "5,x"),
    ]
    assert to_csv(rows).splitlines() == [
        "file,line,reason,text",
        'movies.csv,20,unbalanced quotes,"5,x"',
        'ratings.csv,9,wrong field count,"a ""quoted"" one"',
        'ratings.csv,10,rating is not a half star from 0.5 to 5,"1,2,9,4"',
    ]
