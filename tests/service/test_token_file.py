"""The file of the token that a service demands."""

import pytest

from deepcme import DeepCMEError
from deepcme.service.token_file import read_token

TOKEN = "0123456789abcdef-._~"


@pytest.fixture
def file(tmp_path):
    def written(content, mode=0o600):
        path = tmp_path / "token"
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return written


@pytest.mark.parametrize("around", [b"%s", b"%s\n", b"  %s\r\n\n"])
def test_spaces_and_line_ends_around_it_do_not_count(file, around):
    assert read_token(file(around % TOKEN.encode())) == TOKEN


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "one word"),
        (b"\n", "one word"),
        (b"0123456789 abcdefghi", "one word"),
        (b"0123456789\nabcdefghi", "one word"),
        ("0123456789abcdefß".encode(), "one word"),
        (b"\xff\xfe0123456789abcdef", "one word"),
        (b"0123456789abcde", "under 16 letters can be guessed"),
        (b"a" * 5000, "one word"),
    ],
)
def test_what_is_no_good_token_is_refused_and_not_told(file, content, why):
    with pytest.raises(DeepCMEError, match=why) as refused:
        read_token(file(content))
    assert "0123456789" not in str(refused.value)
    assert "openssl rand -hex 32" in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused(file, mode):
    with pytest.raises(DeepCMEError, match=r"others than its owner can read .* chmod 600"):
        read_token(file(TOKEN.encode(), mode))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DeepCMEError, match=r"the token cannot be read \(No such file"):
        read_token(tmp_path / "token")
