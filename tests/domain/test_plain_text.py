import pytest

from worker.domain import plain_text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("  Li\tWei \r\n", "Li Wei", id="blanks"),
        pytest.param("a\r\nBcc: b", "a Bcc: b", id="header break"),
        pytest.param("a\u2028b\u2029c\x85d\x0be", "a b c d e", id="other breaks"),
        pytest.param("a\u202eb\u200bc\ufeffd\xade", "abcde", id="bidi and zero width"),
        pytest.param("a\u3164b\u2800c\ue000d\U000e0041e", "abcde", id="blank look-alikes"),
        pytest.param("a\ud800b\uffffc", "abc", id="not encodable"),
        pytest.param("", "", id="empty"),
        pytest.param("\u200b\x00", "", id="nothing to see"),
        pytest.param("x" * 30, "x" * 19 + "…", id="cut"),
        pytest.param("提现没有到账😀", "提现没有到账😀", id="Chinese and a smile"),
    ],
)
def test_one_line_holds_visible_characters_only(text: str, line: str) -> None:
    assert plain_text.one_line(text, limit=20) == line
    assert plain_text.one_line(line, limit=20) == line


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        pytest.param("see https://evil.example/x", "see https: //evil. example/x", id="scheme"),
        pytest.param("evil.example", "evil. example", id="bare host"),
        pytest.param("请访问evil.example领取", "请访问evil. example领取", id="in Chinese"),
        pytest.param("例子.中国", "例子. 中国", id="host in Chinese"),
        pytest.param("evil。example", "evil。 example", id="ideographic dot"),
        pytest.param("a@evil.example", "a@evil. example", id="address"),
        pytest.param("mailto:a", "mailto: a", id="mailto"),
        pytest.param("http://192.0.2.1/", "http: //192.0.2.1/", id="numbers for a host"),
        pytest.param("3.5 USDT at 10:30", "3.5 USDT at 10:30", id="numbers and times stay"),
        pytest.param("到账。请查", "到账。请查", id="Chinese full stop stays"),
        pytest.param("One. Two: three", "One. Two: three", id="sentences stay"),
    ],
)
def test_nothing_is_left_to_click_on(line: str, safe: str) -> None:
    assert plain_text.without_links(line) == safe
    assert plain_text.without_links(safe) == safe
