from tests.attacks.command import deepcme


def test_a_run_tells_its_code_words_memory_and_time():
    outcome = deepcme("audit", "nowhere.h5ad")
    outcome.require_one_sentence("nowhere.h5ad: there is no such file")
    assert 20 < outcome.peak_mb < 1000
    assert outcome.seconds > 0


def test_a_run_over_its_time_is_killed():
    assert deepcme("--version", timeout=0.01).code == -9
