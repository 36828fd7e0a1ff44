import io

import pytest

from rewards.domain.code_files import LONGEST_LINE, listed_codes, read_codes


def read(content):
    data = content if isinstance(content, bytes) else content.encode()
    return [(line.number, line.code, line.reason) for line in read_codes(io.BytesIO(data))]


def codes(content):
    return [code for _number, code, _reason in read(content)]


@pytest.mark.parametrize(
    "content",
    [
        "A1\nB2\n",
        "A1\nB2",
        "A1\r\nB2\r\n",
        "A1\rB2\r",
        "\n A1 \n\n\tB2\n\n",
        "code\nA1\nB2\n",
        "Coupon Code\nA1\nB2\n",
        "coupon_code;value\nA1;10\nB2;20\n",
        "value,CODE,note\n10,A1,x\n20,B2,y\n",
        "value\tcode\n10\tA1\n20\tB2\n",
        '"code","value"\n"A1","10"\n"B2","20"\n',
        "A1;10\nB2;20\n",
        '"A1"\n"B2"\n',
        "A1;;\nB2;;\n;;\n",
        "Gutscheincode;Wert\nA1;10\nB2;20\n",
        "Unique voucher codes\nA1\nB2\n",
        "Value,Coupon Code (one-time)\n10,A1\n20,B2\n",
        "sep=;\r\nValue;Code\r\n10;A1\r\n20;B2\r\n",
        '"sep=|"\nA1|10\nB2|20\n',
        "sep=\t\ncode\tvalue\nA1\t10\nB2\t20\n",
        "クーポンコード\nA1\nB2\n",
        b"\xef\xbb\xbfcode\nA1\nB2\n",
        "\ufeffA1\nB2\n".encode(),
        "code\r\nA1\r\nB2\r\n".encode("utf-16"),
        "A1\nB2\n".encode("utf-16-be").join([b"\xfe\xff", b""]),
    ],
)
def test_reads_codes_from_any_usual_file(content):
    assert codes(content) == ["A1", "B2"]


@pytest.mark.parametrize("code", ["COUPON-XKJWQ", "CODE 123", "VOUCHER1", "sep=A1"])
def test_first_code_that_only_looks_like_a_header_is_a_code(code):
    assert codes(f"{code}\nB2\n") == [code, "B2"]


def test_column_that_is_named_exactly_is_the_one():
    assert codes("Code type,Code\nonce,A1\nonce,B2\n") == ["A1", "B2"]


def test_numbers_are_those_of_the_file():
    assert read("code\n\nA1\n\nB2\n") == [(3, "A1", ""), (5, "B2", "")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x" * 257, "too_long"),
        ("x" * LONGEST_LINE * 3, "too_long"),
        ("A\u200bB", "invisible"),
        ("A\x00B", "invisible"),
        ("A\x07B", "invisible"),
        (b"Stra\xdfe", "not_utf8"),
        ('"open', "quotes"),
        ("one,two", "columns"),
    ],
)
def test_refuses_one_line_and_reads_on(line, reason):
    line = line if isinstance(line, bytes) else line.encode()

    lines = read(b"FIRST\n" + line + b"\nLAST\n")

    assert [(number, why) for number, _code, why in lines] == [(1, ""), (2, reason), (3, "")]
    assert lines[2][1] == "LAST"


def test_refused_code_is_shown_without_what_no_text_may_contain():
    assert read(b"FIRST\nA\x00B\nStra\xdfe\n")[1:] == [(2, "A?B", "invisible"), (3, "Stra?e", "not_utf8")]


def test_line_without_the_code_column_has_no_code():
    assert read("value;code\n10\n20;\n30;A1\n") == [
        (2, "10", "no_code"),
        (3, "20;", "no_code"),
        (4, "A1", ""),
    ]


def test_quoted_cells_keep_delimiters_and_quotes():
    assert codes('code;note\n"A;1";"say ""hi"""\n') == ["A;1"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("A1\nB2\n", [(1, "A1", ""), (2, "B2", "")]),
        ("A1\r\nB2\r\n", [(1, "A1", ""), (2, "B2", "")]),
        ("A1\nB2", [(1, "A1", ""), (2, "B2", "unfinished")]),
        ("code\nA1\nB2;", [(2, "A1", ""), (3, "B2;", "unfinished")]),
        ("cod", [(1, "cod", "unfinished")]),
        ("A1\n \t", [(1, "A1", "")]),
    ],
)
def test_last_line_that_may_be_cut_off_is_no_code(content, lines):
    stream = io.BytesIO(content.encode())

    found = read_codes(stream, ends_for_certain=False)

    assert [(line.number, line.code, line.reason) for line in found] == lines


def test_empty_file_has_no_codes():
    assert read("") == []
    assert read("code\n") == []
    assert read(b"\xef\xbb\xbf\n\n") == []


def test_longest_code_is_taken():
    assert codes("x" * 256) == ["x" * 256]


def test_endless_line_is_never_held():
    class Endless:
        taken = 0

        def read(self, size):
            self.taken += size
            return b"x" * size if self.taken < 5_000_000 else b""

    assert [(line.number, line.reason) for line in read_codes(Endless())] == [(1, "too_long")]


def test_list_is_read_by_position():
    lines = listed_codes(["A1", " B2 ", "", 7, None, "A\nB"])

    assert [(line.number, line.code, line.reason) for line in lines] == [
        (1, "A1", ""),
        (2, "B2", ""),
        (3, "", "no_code"),
        (4, "", "not_text"),
        (5, "", "not_text"),
        (6, "A\nB", "invisible"),
    ]
