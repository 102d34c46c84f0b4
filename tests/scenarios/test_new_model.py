import subprocess
import sys


def test_what_new_model_writes_passes_its_own_test(folder):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_my_log.py"]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_what_new_model_writes_is_under_a_hundred_lines(folder):
    assert len((folder / "my_log.py").read_text().splitlines()) < 100
