"""The nearest of the names that there are, for a name that there is not."""

from knowledge.errors import nearest_name, nearest_names, suggestion

NAMES = ["terway-out-of-ips", "terway-pod-lifecycle", "flannel-ip-leak"]


def test_the_nearest_name_is_the_one_most_alike() -> None:
    assert nearest_name("teway-out-of-ip", NAMES) == "terway-out-of-ips"
    assert suggestion("flanel-ip-leak", NAMES) == ' (did you mean "flannel-ip-leak"?)'


def test_none_is_named_where_none_is_alike_enough() -> None:
    assert nearest_name("dns", NAMES) == ""
    assert nearest_name("terway", NAMES, cutoff=0.9) == ""
    assert nearest_name("terway", []) == suggestion("dns", NAMES) == ""


def test_several_come_best_first() -> None:
    assert nearest_names("terway-pod-lifecycles", NAMES, most=2, cutoff=0.3)[0] == "terway-pod-lifecycle"
    assert len(nearest_names("terway", NAMES, most=2, cutoff=0)) == 2
